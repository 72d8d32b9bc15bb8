import type { Archive } from "./archive.js";
import type { Chunk } from "./entry.js";

/** Larger files are fetched one by one, and by their chunks; smaller ones whole, and once when their content is equal. */
const maxWholeBytes = 4 * 1024 * 1024;

/** The stored bytes that are fetched for files: all that are theirs, but for chunks that whoever fetches them has. */
export function transferSizeOf(
  archive: Archive,
  paths: Iterable<string>,
  hasChunk: (path: string, chunk: Chunk) => boolean,
): number {
  const shared = new Set<number>();
  let sum = 0;
  for (const path of paths) {
    const entry = archive.entry(path);
    if (entry === undefined) continue;
    const chunks = entry.size > maxWholeBytes ? archive.chunks(path) : undefined;
    if (chunks !== undefined) {
      for (const chunk of chunks) if (!hasChunk(path, chunk)) sum += chunk.storedSize;
    } else if (entry.size > maxWholeBytes || !shared.has(entry.dataOffset)) {
      shared.add(entry.dataOffset);
      sum += entry.storedSize;
    }
  }
  return sum;
}
