import type { Archive, Entry } from "@blob/format";

/** Smaller files are verified before their first byte is sent; larger ones are streamed, and verified at the end. */
export const verifiedFirstBytes: number = 4 * 1024 * 1024;

/** Bytes of a file from `start` on; `end` is exclusive. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * A part of a file, or all of it, to be sent. A small file is read whole and verified; of a large one that is stored as it
 * is only the part is read, unverified, since the hash covers whole files. A large compressed one is decompressed from its
 * beginning in bounded memory: a part far behind costs that much time, and is verified when it reaches the end.
 */
export async function openContent(
  archive: Archive,
  entry: Entry,
  { start, end }: Part,
  signal: AbortSignal,
): Promise<Iterable<Uint8Array> | AsyncIterable<Uint8Array>> {
  const { path, size, compression } = entry;
  if (size <= verifiedFirstBytes) {
    const whole = await archive.readFile(path, { signal });
    return [whole.subarray(start, end)];
  }
  if (start === 0 && end === size) return archive.stream(path, { signal });
  if (compression === "zstd" && end === size) return skip(archive.stream(path, { signal }), start);
  return archive.stream(path, { range: { offset: start, length: end - start }, signal });
}

async function* skip(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
