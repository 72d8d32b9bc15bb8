import type { Archive } from "../archive.js";
import type { Entry } from "../entry.js";

/** Smaller files are verified before their first byte is sent; larger ones are streamed, and verified at the end. */
export const verifiedFirstBytes: number = 4 * 1024 * 1024;

/** Bytes of a file from `start` on; `end` is exclusive. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

export interface ContentOptions {
  readonly signal: AbortSignal;
  /** Read the whole of a large file without chunks for a part of it. */
  readonly verifyParts: boolean;
}

/**
 * A part of a file, or all of it, to be sent. Of a file that is cut into chunks, those that the part touches are read and
 * verified: a small part before anything is sent. Another small file is read whole and verified. Of a large one without
 * chunks that is stored as it is only the part is read, unverified, since the hash covers whole files; a compressed one is
 * decompressed from its beginning in bounded memory: a part far behind costs that much time, and is verified when it
 * reaches the end.
 */
export async function openContent(
  archive: Archive,
  entry: Entry,
  { start, end }: Part,
  { signal, verifyParts }: ContentOptions,
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  const { path, size, compression } = entry;
  const isWhole = start === 0 && end === size;
  const range = { offset: start, length: end - start };
  if (!isWhole && archive.chunks(path) !== undefined) {
    if (range.length <= verifiedFirstBytes) return archive.readFile(path, { range, signal });
    return archive.stream(path, { range, signal });
  }
  if (size <= verifiedFirstBytes) return (await archive.readFile(path, { signal })).subarray(start, end);
  if (isWhole) return archive.stream(path, { signal });
  if (verifyParts || (compression === "zstd" && end === size)) {
    return cut(archive.stream(path, { signal }), { start, end });
  }
  return archive.stream(path, { range, signal });
}

/** A part of what is read to its end all the same: there it is verified. */
async function* cut(
  chunks: AsyncIterable<Uint8Array>,
  { start, end }: Part,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0;
  for await (const chunk of chunks) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, chunk.length);
    if (from < to) yield chunk.subarray(from, to);
    at += chunk.length;
  }
}
