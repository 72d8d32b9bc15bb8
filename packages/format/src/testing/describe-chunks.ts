import type { FileChunks } from "../entry.js";

/** What an archive says of how a file is cut, as it is written down. */
export function describeChunks(chunks: FileChunks): unknown {
  const { boundaries, chunkSize } = chunks;
  const list = Array.from(chunks, ({ size, storedSize, hash }) => ({
    size,
    storedSize,
    sha256: Buffer.from(hash).toString("hex"),
  }));
  return { boundaries, chunkSize, list };
}
