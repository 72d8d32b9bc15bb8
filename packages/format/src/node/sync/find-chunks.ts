import type { Chunk, FileChunks } from "../../entry.js";
import type { ChunkStage } from "../chunks/chunk-stage.js";
import { hashParts } from "./hash-parts.js";
import type { HashedPart, OpenFile } from "./hash-parts.js";
import { localCuts } from "./local-cuts.js";

/** How many chunks, from the first one on, a file has in their places. Not much more of it is hashed. */
export async function countEqualChunks(
  file: OpenFile,
  chunks: FileChunks,
  stage: ChunkStage,
  signal: AbortSignal | undefined,
): Promise<number> {
  let count = 0;
  for await (const { hash } of hashParts(stage, file, 0, sizesWithin(chunks, file.size), signal)) {
    const chunk = chunks.at(count);
    if (chunk === undefined || keyOf(chunk.hash) !== hash) break;
    count++;
  }
  return count;
}

/**
 * Where a file has the contents of chunks, by the chunks' numbers: in their own places, and wherever else cuts like the
 * archive's lead to in it. Reads the file, but not more than twice what the archive's has.
 */
export async function findChunks(
  file: OpenFile,
  chunks: FileChunks,
  stage: ChunkStage,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  const numbers = numbersByHash(chunks);
  const last = lastOf(chunks);
  const end = last.offset + last.size;
  const note = ({ hash, offset }: HashedPart): void => {
    for (const number of numbers.get(hash) ?? []) if (!found.has(number)) found.set(number, offset);
    // Once is enough, however often content repeats; but its own place is the best one for each chunk.
    numbers.delete(hash);
    const own = offset < end ? chunks.at(chunks.indexOf(offset)) : undefined;
    if (own?.offset === offset && keyOf(own.hash) === hash) found.set(own.index, offset);
  };
  const size = Math.min(file.size, 2 * end);
  let from = 0;
  if (chunks.boundaries === "content") {
    // Where nothing moved there is nothing to cut, which one thread has to do.
    for await (const part of hashParts(stage, file, 0, sizesWithin(chunks, size), signal)) {
      note(part);
      if (found.get(chunks.indexOf(part.offset)) !== part.offset) break;
      from = part.offset + part.size;
    }
  }
  const sizes = localCuts(file, chunks, from, size);
  for await (const part of hashParts(stage, file, from, sizes, signal)) note(part);
  // It is shorter than others, and may be the beginning of a longer one.
  if (!found.has(last.index) && end < size) {
    for await (const part of hashParts(stage, file, last.offset, [last.size], signal)) note(part);
  }
  return found;
}

/** Whether what was found is the whole file as it is. */
export function isAllInPlace(found: ReadonlyMap<number, number>, chunks: FileChunks): boolean {
  if (found.size !== chunks.count) return false;
  for (const { index, offset } of chunks) if (found.get(index) !== offset) return false;
  return true;
}

/** A hash as a key. */
export function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("hex");
}

/** The chunks that have a content: more than one, where it repeats. */
function numbersByHash(chunks: FileChunks): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const { index, hash } of chunks) {
    const key = keyOf(hash);
    const known = numbers.get(key);
    if (known === undefined) numbers.set(key, [index]);
    else known.push(index);
  }
  return numbers;
}

function lastOf(chunks: FileChunks): Chunk {
  const last = chunks.at(chunks.count - 1);
  if (last === undefined) throw new TypeError("A file has no chunks");
  return last;
}

function* sizesWithin(chunks: FileChunks, fileSize: number): Generator<number, void, undefined> {
  for (const { offset, size } of chunks) {
    if (offset + size > fileSize) return;
    yield size;
  }
}
