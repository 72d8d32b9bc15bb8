import { untilAborted } from "@blob/core/abort";
import { forEachConcurrent } from "@blob/core/concurrency";
import type { Chunk } from "../entry.js";
import type { SignalOptions } from "../sources/byte-source.js";
import { errorFor } from "./chunk-error.js";
import { chunkOf } from "./stored-chunks.js";
import type { ChunkRun, CutFile, StoredChunk } from "./stored-chunks.js";

/** Where chunks come from, and where they are kept. */
export interface ChunkFlightsOptions {
  /** A chunk that is in memory. */
  readonly get: (chunk: Chunk) => Uint8Array | undefined;
  /** A chunk of the right size that is kept elsewhere. Does not reject. */
  readonly find: (chunk: Chunk, signal: AbortSignal) => Promise<Uint8Array | undefined>;
  /** The stored bytes of neighbours, by one request. */
  readonly fetch: (file: CutFile, run: ChunkRun, signal: AbortSignal) => AsyncIterable<StoredChunk>;
  readonly verify: (file: CutFile, stored: StoredChunk, signal: AbortSignal) => Promise<Uint8Array>;
  /** Keeps what was found or verified. */
  readonly keep: (chunk: Chunk, content: Uint8Array, from: "store" | "source") => void;
}

/** Reads chunks, so that concurrent readers of the same ones share the work on them. */
export interface ChunkFlights {
  /**
   * The contents of neighbouring chunks, one after another. They are all in memory until the last one was taken. Others
   * have the same memory: it is neither to be written to nor to be given away.
   */
  read(file: CutFile, run: ChunkRun, options: SignalOptions): AsyncGenerator<Uint8Array, void, undefined>;
}

/** Work on some chunks, for all who wait for one of them. */
interface Flight {
  readonly controller: AbortController;
  /** Those that are neither there nor failed. */
  readonly underWay: Set<PendingChunk>;
  waiters: number;
}

interface PendingChunk {
  readonly chunk: Chunk;
  readonly flight: Flight;
  readonly content: Promise<Uint8Array>;
  resolve(content: Uint8Array): void;
  reject(error: unknown): void;
}

/** What is there between two missing chunks is fetched again if it is no more: a request costs more than 256 KiB. */
const maxGapBytes = 256 * 1024;

/** Requests, or look-ups, of one flight at a time. */
const width = 4;

/**
 * A read takes all chunks that are not in memory and that nobody is working on, in one piece of work that belongs to
 * everybody who waits for any of them: it stops when the last one has left. A chunk that is damaged fails for those who
 * wait for it; when the source fails, everything that has not come does. Failures are not kept.
 */
export function createChunkFlights(options: ChunkFlightsOptions): ChunkFlights {
  const { get, find, fetch, verify, keep } = options;
  /** By where they are stored: no two chunks of an archive share that unless they are the same. */
  const pending = new Map<number, PendingChunk>();

  /** It is under way no more, and nobody new may join it. */
  function settle(one: PendingChunk): void {
    one.flight.underWay.delete(one);
    if (pending.get(one.chunk.dataOffset) === one) pending.delete(one.chunk.dataOffset);
  }

  function land(one: PendingChunk, content: Uint8Array, from: "store" | "source"): void {
    keep(one.chunk, content, from);
    one.resolve(content);
    settle(one);
  }

  function fail(one: PendingChunk, error: unknown): void {
    one.reject(error);
    settle(one);
  }

  function stop(flight: Flight, reason: unknown): void {
    for (const one of flight.underWay) fail(one, reason);
    flight.controller.abort(reason);
  }

  /** Takes off with the chunks that nobody is working on. */
  function depart(file: CutFile, chunks: readonly Chunk[]): void {
    const flight: Flight = { controller: new AbortController(), underWay: new Set(), waiters: 0 };
    for (const chunk of chunks) {
      const one = pendingChunk(chunk, flight);
      pending.set(chunk.dataOffset, one);
      flight.underWay.add(one);
    }
    run(file, flight).catch((error: unknown) => stop(flight, error));
  }

  async function run(file: CutFile, flight: Flight): Promise<void> {
    const { signal } = flight.controller;
    await forEachConcurrent([...flight.underWay], width, signal, async (one) => {
      const content = await find(one.chunk, signal);
      if (content !== undefined) land(one, content, "store");
    });
    const missing = Array.from(flight.underWay, ({ chunk }) => chunk);
    await forEachConcurrent(runsOf(missing), width, signal, (neighbours, stopped) =>
      fetchRun(file, neighbours, flight, stopped),
    );
  }

  /** One request of the source. The next chunk is on its way while one is verified. */
  async function fetchRun(
    file: CutFile,
    neighbours: ChunkRun,
    flight: Flight,
    signal: AbortSignal,
  ): Promise<void> {
    let verifying: Promise<void> | undefined;
    try {
      for await (const stored of fetch(file, neighbours, signal)) {
        await verifying;
        const one = pending.get(stored.chunk.dataOffset);
        // In a gap: somebody else's, or in memory already.
        if (one?.flight === flight) verifying = settleBy(one, verify(file, stored, signal));
      }
    } finally {
      await verifying;
    }
  }

  /** Does not reject: the failure is that of the chunk. */
  async function settleBy(one: PendingChunk, content: Promise<Uint8Array>): Promise<void> {
    try {
      land(one, await content, "source");
    } catch (error) {
      fail(one, error);
    }
  }

  /** What is there, and what is under way for this reader or for others. */
  function take(file: CutFile, { first, last }: ChunkRun): (Uint8Array | PendingChunk)[] {
    const chunks = Array.from({ length: last - first + 1 }, (_, i) => chunkOf(file, first + i));
    const there = chunks.map((chunk) => get(chunk) ?? pending.get(chunk.dataOffset));
    const unclaimed = chunks.filter((_, i) => there[i] === undefined);
    if (unclaimed.length > 0) depart(file, unclaimed);
    return chunks.flatMap((chunk, i) => there[i] ?? pending.get(chunk.dataOffset) ?? []);
  }

  return {
    async *read(file, neighbours, { signal }) {
      signal?.throwIfAborted();
      const wanted = take(file, neighbours);
      const flights = new Set(wanted.flatMap((one) => (one instanceof Uint8Array ? [] : one.flight)));
      for (const flight of flights) flight.waiters += 1;
      try {
        for (const one of wanted) {
          yield one instanceof Uint8Array ? one : await untilAborted(one.content, signal);
        }
      } catch (error) {
        signal?.throwIfAborted();
        throw errorFor(file.entry, error);
      } finally {
        for (const flight of flights) {
          flight.waiters -= 1;
          if (flight.waiters === 0) {
            stop(flight, new DOMException("Nobody waits for these chunks any more", "AbortError"));
          }
        }
      }
    },
  };
}

function pendingChunk(chunk: Chunk, flight: Flight): PendingChunk {
  let settle: Pick<PendingChunk, "resolve" | "reject"> | undefined;
  const content = new Promise<Uint8Array>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Nobody may be waiting for it when it fails.
  content.catch(() => undefined);
  return {
    chunk,
    flight,
    content,
    resolve: (value) => settle?.resolve(value),
    reject: (error) => settle?.reject(error),
  };
}

/** Chunks that follow each other in the data part, and those with small gaps between them. */
function runsOf(chunks: readonly Chunk[]): ChunkRun[] {
  const runs: { first: number; last: number; end: number }[] = [];
  for (const { index, dataOffset, storedSize } of chunks) {
    const run = runs.at(-1);
    const end = dataOffset + storedSize;
    if (run !== undefined && dataOffset - run.end <= maxGapBytes) Object.assign(run, { last: index, end });
    else runs.push({ first: index, last: index, end });
  }
  return runs;
}
