import { createHash } from "node:crypto";
import type { BlobId } from "@blob/registry";
import { seededRandom } from "./corpus.js";

const pieceBytes = 256 * 1024;

/** Bytes that are the same each time and exist only while they are sent: 256 KiB of noise, numbered. */
export async function* generatedBytes(size: number): AsyncGenerator<Uint8Array, void, undefined> {
  const noise = seededRandom("upload").bytes(pieceBytes);
  for (let at = 0; at < size; at += pieceBytes) {
    // A copy: the one before may still be on its way to the socket.
    const piece = Buffer.from(noise);
    piece.writeDoubleLE(at, 0);
    yield piece.subarray(0, Math.min(pieceBytes, size - at));
  }
}

/** What these bytes are called. Reads all of them once. */
export async function generatedBlob(size: number): Promise<BlobId> {
  const hash = createHash("sha256");
  for await (const piece of generatedBytes(size)) hash.update(piece);
  return { digest: `sha256:${hash.digest("hex")}`, size };
}
