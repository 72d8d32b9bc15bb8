import { sha256Digest } from "../digest.js";
import type { BlobId } from "../descriptor.js";

/** The bytes in pieces of one length: 1 is what breaks careless readers. */
export async function* chunksOf(bytes: Uint8Array, length: number = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A blob with its bytes. */
export interface TestBlob extends BlobId {
  readonly bytes: Buffer;
}

export function blobOf(content: string | Uint8Array): TestBlob {
  const bytes = Buffer.from(content);
  return { digest: sha256Digest(bytes), size: bytes.length, bytes };
}

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed: number = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    bytes[at] = state >> 16;
  }
  return bytes;
}
