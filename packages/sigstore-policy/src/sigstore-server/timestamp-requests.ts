import { objectIdentifier, sequence } from "../der/der-writer.js";
import { textAt } from "../json-path.js";
import type { TimestampRequest } from "./timestamp-authority.js";
import { sha256Algorithm } from "./timestamp-authority.js";

/** What a TimeStampReq asks for; undefined when it is not one of SHA-256. */
export function parseTimestampRequest(der: Uint8Array): TimestampRequest | undefined {
  const bytes = Buffer.from(der);
  const imprint = Buffer.concat([sha256Algorithm, Uint8Array.of(0x04, 32)]);
  const withNull = Buffer.concat([
    sequence(objectIdentifier("2.16.840.1.101.3.4.2.1"), Uint8Array.of(5, 0)),
    Uint8Array.of(0x04, 32),
  ]);
  const start = [imprint, withNull].flatMap((marker) => {
    const at = bytes.indexOf(marker);
    return at === -1 ? [] : [at + marker.length];
  })[0];
  if (start === undefined) return undefined;
  const sha256 = bytes.subarray(start, start + 32);
  const nonce = nonceAfter(bytes.subarray(start + 32));
  return sha256.length === 32 ? { sha256, nonce } : undefined;
}

/** The optional policy, nonce and certReq follow the imprint; only the nonce is an INTEGER. */
function nonceAfter(rest: Buffer): Uint8Array | undefined {
  let position = 0;
  while (position + 2 <= rest.length) {
    const end = position + 2 + rest.readUInt8(position + 1);
    if (rest[position] === 0x02) return rest.subarray(position + 2, end);
    position = end;
  }
  return undefined;
}

/** The same in JSON, which only Sigstore's own authority takes; undefined when it is not one of SHA-256. */
export function parseJsonTimestampRequest(json: Uint8Array): TimestampRequest | undefined {
  try {
    const request: unknown = JSON.parse(Buffer.from(json).toString());
    const sha256 = Buffer.from(textAt(request, "artifactHash"), "base64");
    return textAt(request, "hashAlgorithm") === "sha256" && sha256.length === 32 ? { sha256 } : undefined;
  } catch {
    return undefined;
  }
}
