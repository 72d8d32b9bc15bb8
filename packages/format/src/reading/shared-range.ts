import type { ContentRange } from "../archive.js";
import type { FileChunks } from "../entry.js";

/** Chunks of more content than that are not held in memory together, unless they are only two. */
const maxSharedBytes = 16 * 1024 * 1024;

/**
 * Whether the chunks of a range are shared by readers, and looked for in a `ChunkStore`: those that have up to 16 MiB of
 * content, or are only two. The range has to have bytes, and to lie inside of the file.
 */
export function isSharedRange(chunks: FileChunks, { offset, length }: ContentRange): boolean {
  const [first, last] = [chunks.indexOf(offset), chunks.indexOf(offset + length - 1)];
  if (last - first <= 1) return true;
  const [begin, end] = [chunks.at(first), chunks.at(last)];
  return begin !== undefined && end !== undefined && end.offset + end.size - begin.offset <= maxSharedBytes;
}
