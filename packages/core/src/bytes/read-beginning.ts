/** The beginning of a stream of bytes. */
export interface Beginning {
  /** No more of them than were asked for. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether there were more. */
  readonly isCut: boolean;
}

/**
 * Up to so many bytes of a body, and whether there are more. Reading stops, which frees the connection, at the first byte
 * over the limit. Takes at most three times as much memory as there are bytes, in whatever pieces they come: a server could
 * send each byte by itself.
 */
export async function readBeginning(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
): Promise<Beginning> {
  let buffer = new Uint8Array(0);
  let size = 0;
  for await (const chunk of body) {
    const fits = Math.min(chunk.length, maxBytes - size);
    if (size + fits > buffer.length) {
      const larger = new Uint8Array(Math.min(maxBytes, Math.max(size + fits, 2 * buffer.length)));
      larger.set(buffer.subarray(0, size));
      buffer = larger;
    }
    buffer.set(chunk.subarray(0, fits), size);
    size += fits;
    if (fits < chunk.length) return { bytes: buffer.subarray(0, size), isCut: true };
  }
  return { bytes: buffer.subarray(0, size), isCut: false };
}
