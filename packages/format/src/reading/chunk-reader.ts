import type { ContentRange } from "../archive.js";
import type { FileChunks } from "../entry.js";
import type { ByteSource, SignalOptions } from "../sources/byte-source.js";
import { createChunkFlights } from "./chunk-flights.js";
import type { ChunkStore } from "./chunk-store.js";
import { createStoreAccess } from "./chunk-store-access.js";
import { createKeptChunks } from "./kept-chunks.js";
import type { ResolvedLimits } from "./read-limits.js";
import { isSharedRange } from "./shared-range.js";
import { chunkOf, readStoredChunks } from "./stored-chunks.js";
import type { ChunkRun, CutFile } from "./stored-chunks.js";
import { verifyChunk } from "./verify-chunk.js";
import type { ChunkCodecs } from "./verify-chunk.js";

/** Reads files by their chunks. */
export interface ChunkReader {
  /**
   * A range of a file, in pieces of chunks that were verified. Others may have the same memory: it is neither to be
   * written to nor to be given away. A range of no bytes is no piece, and no request.
   */
  read(
    file: CutFile,
    range: ContentRange,
    options: SignalOptions,
  ): AsyncGenerator<Uint8Array, void, undefined>;
  /** Whether there is a store of chunks. */
  readonly hasStore: boolean;
}

export interface ChunkReaderOptions {
  readonly data: ByteSource;
  readonly codecs: ChunkCodecs;
  readonly limits: Pick<ResolvedLimits, "maxKeptBytes">;
  readonly store?: ChunkStore | undefined;
}

/**
 * Small reads share what they have in common, and find what was read a moment ago. Larger ones are one request for all of
 * it, of which one chunk is in memory: what they read is not kept, as it would push out what small reads need, and nobody
 * asks a store for it, which could only break the request into several.
 */
export function createChunkReader({ data, codecs, limits, store }: ChunkReaderOptions): ChunkReader {
  const kept = createKeptChunks(limits.maxKeptBytes);
  const stored = createStoreAccess(store);
  const flights = createChunkFlights({
    get: (chunk) => kept.get(chunk),
    find: (chunk, signal) => stored.find(chunk, signal),
    fetch: (file, run, signal) => readStoredChunks(data, file, run, signal),
    verify: ({ entry }, chunk, signal) => verifyChunk(codecs, entry, chunk, signal),
    keep(chunk, content, from) {
      kept.keep(chunk, content);
      if (from === "source") stored.put(chunk, content);
    },
  });

  async function* readAlone(
    file: CutFile,
    run: ChunkRun,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of readStoredChunks(data, file, run, signal)) {
      yield await verifyChunk(codecs, file.entry, chunk, signal);
    }
  }

  return {
    hasStore: store !== undefined,
    async *read(file, range, { signal }) {
      if (range.length === 0) return;
      const run = runOf(file.chunks, range);
      const contents = isSharedRange(file.chunks, range)
        ? flights.read(file, run, { signal })
        : readAlone(file, run, signal);
      let { offset } = chunkOf(file, run.first);
      const end = range.offset + range.length;
      for await (const content of contents) {
        yield content.subarray(Math.max(0, range.offset - offset), end - offset);
        offset += content.length;
      }
    },
  };
}

/** The chunks that have the bytes of a range, which is not empty. */
function runOf(chunks: FileChunks, { offset, length }: ContentRange): ChunkRun {
  return { first: chunks.indexOf(offset), last: chunks.indexOf(offset + length - 1) };
}
