/** What a DSSE signature covers: the type and the payload, each with its length in bytes before it (DSSE 1.0.2). */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const typeLength = Buffer.byteLength(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${String(typeLength)} ${payloadType} ${String(payload.length)} `),
    payload,
  ]);
}
