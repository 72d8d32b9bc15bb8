import type { Chunk, Entry, FileChunks } from "../entry.js";
import type { ByteSource } from "../sources/byte-source.js";
import { readExactly } from "./read-exactly.js";

/** A file of which the index says how it is cut. */
export interface CutFile {
  readonly entry: Entry;
  readonly chunks: FileChunks;
}

/** Numbers of chunks that follow each other. */
export interface ChunkRun {
  readonly first: number;
  readonly last: number;
}

/** A chunk as it is stored, in memory of its own. */
export interface StoredChunk {
  readonly chunk: Chunk;
  readonly stored: Uint8Array<ArrayBuffer>;
}

function ownMemory(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size);
}

export function chunkOf({ chunks, entry }: CutFile, index: number): Chunk {
  const chunk = chunks.at(index);
  if (chunk === undefined) throw new RangeError(`${JSON.stringify(entry.path)} has no chunk ${index}`);
  return chunk;
}

/**
 * The stored bytes of chunks that follow each other, by one request of the source. One chunk is in memory at a time. The
 * last one is given when the source has ended: that it gives no more is known then. `memory` gives what each is put into.
 */
export async function* readStoredChunks(
  data: ByteSource,
  file: CutFile,
  { first, last }: ChunkRun,
  signal: AbortSignal | undefined,
  memory: (size: number) => Uint8Array<ArrayBuffer> = ownMemory,
): AsyncGenerator<StoredChunk, void, undefined> {
  let current = begin(file, first, memory);
  let filled = 0;
  const offset = current.chunk.dataOffset;
  const end = chunkOf(file, last);
  const length = end.dataOffset + end.storedSize - offset;
  for await (const bytes of readExactly(data, { offset, length }, file.entry, signal)) {
    for (let taken = 0; taken < bytes.length;) {
      const part = bytes.subarray(taken, taken + current.stored.length - filled);
      current.stored.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled < current.stored.length || current.chunk.index === last) continue;
      yield current;
      current = begin(file, current.chunk.index + 1, memory);
      filled = 0;
    }
  }
  yield current;
}

function begin(file: CutFile, index: number, memory: (size: number) => Uint8Array<ArrayBuffer>): StoredChunk {
  const chunk = chunkOf(file, index);
  // Opening the index has held its size to what a frame of the content can have.
  return { chunk, stored: memory(chunk.storedSize) };
}
