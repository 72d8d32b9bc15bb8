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

/** Puts chunks of one file into their places, and gives their verified contents. */
export interface ChunkPlacer {
  /** One that was fetched. Takes its memory away. */
  write(stored: StoredChunk): Promise<Uint8Array>;
  /** One that is said to be somewhere: what is not there is fetched after all. */
  take(chunk: Chunk, place: Place): Promise<Uint8Array>;
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

  function write({ chunk, stored }: StoredChunk): Promise<Uint8Array> {
    const isCompressed = compression === "zstd";
    const isSparse = chunk.offset >= found;
    return stage.write({ chunk: promisedChunk(path, chunk), stored, isCompressed, target, isSparse });
  }

  async function fetchOne({ index }: Chunk): Promise<Uint8Array> {
    for await (const stored of readStoredChunks(data, file, { first: index, last: index }, signal)) {
      return write(stored);
    }
    throw new TypeError("A chunk was asked for, and none came");
  }

  /** What is in its place, if it is still what it was. */
  async function read(chunk: Chunk): Promise<Uint8Array | undefined> {
    const { offset, size } = chunk;
    const { hash, content } = await stage.hash({ file: target, offset, size, wantsContent: true });
    return hash === promisedChunk(path, chunk).hash ? content : undefined;
  }

  function copy(chunk: Chunk, { file: source, offset }: Place): Promise<Uint8Array | undefined> {
    const isSparse = chunk.offset >= found;
    return stage.copy({ chunk: promisedChunk(path, chunk), source, sourceOffset: offset, target, isSparse });
  }

  return {
    write,
    async take(chunk, place) {
      const content = await (place.file === target ? read(chunk) : copy(chunk, place));
      return content ?? fetchOne(chunk);
    },
  };
}
