import type { Chunk } from "../../entry.js";
import { readStoredChunks } from "../../reading/stored-chunks.js";
import type { CutFile, StoredChunk } from "../../reading/stored-chunks.js";
import type { ByteSource } from "../../sources/byte-source.js";
import type { OpenFile } from "../chunks/open-file.js";
import type { ChunkStage } from "../chunks/chunk-stage.js";
import { promisedChunk } from "../chunks/promised-chunk.js";

/** Where a chunk can be had without fetching it. */
export interface Place {
  readonly file: OpenFile;
  readonly offset: number;
}

/** Puts verified chunks of one file into their places. */
export interface ChunkPlacer {
  /** One that was fetched, into memory of the stage. */
  write(stored: StoredChunk): Promise<void>;
  /** One that is said to be somewhere: what is not there is fetched after all. */
  take(chunk: Chunk, place: Place): Promise<void>;
}

export interface ChunkPlacerOptions {
  readonly data: ByteSource;
  readonly stage: ChunkStage;
  readonly file: CutFile;
  readonly target: OpenFile;
  /** So many bytes of the target may be something else than zeros. */
  readonly found: number;
  readonly signal: AbortSignal;
}

export function createChunkPlacer(options: ChunkPlacerOptions): ChunkPlacer {
  const { data, stage, file, target, found, signal } = options;
  const { path, compression } = file.entry;

  function write({ chunk, stored }: StoredChunk): Promise<void> {
    const isCompressed = compression === "zstd";
    const isSparse = chunk.offset >= found;
    return stage.write({ chunk: promisedChunk(path, chunk), stored, isCompressed, target, isSparse });
  }

  async function fetchOne({ index }: Chunk): Promise<void> {
    const run = { first: index, last: index };
    for await (const stored of readStoredChunks(data, file, run, signal, stage.memory)) return write(stored);
    throw new TypeError("A chunk was asked for, and none came");
  }

  /** Whether what is in its place is still what it was. */
  async function isThere(chunk: Chunk): Promise<boolean> {
    const { offset, size } = chunk;
    const { hash } = await stage.hash({ file: target, offset, size });
    return hash === promisedChunk(path, chunk).hash;
  }

  function copy(chunk: Chunk, { file: source, offset }: Place): Promise<boolean> {
    const isSparse = chunk.offset >= found;
    return stage.copy({ chunk: promisedChunk(path, chunk), source, sourceOffset: offset, target, isSparse });
  }

  return {
    write,
    async take(chunk, place) {
      const isDone = await (place.file === target ? isThere(chunk) : copy(chunk, place));
      if (!isDone) await fetchOne(chunk);
    },
  };
}
