import { untilAborted } from "@blob/core/abort";
import type { BlockSource } from "./block-source.js";
import type { StoreOptions } from "./cache-store.js";
import { CacheError } from "./errors.js";

/** A source, and under which keys its blocks are kept. */
export interface SourceBlocks {
  readonly source: BlockSource;
  keyOf(block: number): string;
}

export interface BlockFlightsOptions {
  readonly blockBytes: number;
  /** A block that is kept. Does not throw, except for the signal. */
  readonly find: (key: string, signal: AbortSignal) => Promise<Uint8Array | undefined>;
  /** Starts keeping a block; undefined when it is not going to be. Does not reject. */
  readonly keep: (key: string, bytes: Uint8Array) => Promise<unknown> | undefined;
}

export interface BlockFlights {
  /** Reads a range by blocks. Concurrent reads share what they have in common. */
  read(
    blocks: SourceBlocks,
    range: { readonly offset: number; readonly length: number },
    options: StoreOptions,
  ): AsyncGenerator<Uint8Array>;
}

/** Work on some blocks, for all who wait for one of them. */
interface Flight {
  readonly controller: AbortController;
  waiters: number;
}

interface PendingBlock {
  readonly bytes: Promise<Uint8Array>;
  readonly flight: Flight;
  isSettled: boolean;
  resolve(bytes: Uint8Array): void;
  reject(error: unknown): void;
}

/** Between two missing blocks so far apart, what is there is fetched again: a request costs more than 256 KiB. */
const maxGapBlocks = 4;

/**
 * The blocks that are being looked up or read. A read takes all blocks that nobody is working on, in one piece of work
 * that belongs to everybody who waits for any of them: it stops when the last one has left. Failures are not kept.
 */
export function createBlockFlights(options: BlockFlightsOptions): BlockFlights {
  const { blockBytes, find, keep } = options;
  const pending = new Map<string, PendingBlock>();

  function forget(key: string, block: PendingBlock | undefined): void {
    if (block !== undefined && pending.get(key) === block) pending.delete(key);
  }

  /** What is still under way is stopped, and nobody new may join it. */
  function stop(flight: Flight, reason: unknown): void {
    flight.controller.abort(reason);
    for (const [key, block] of pending) {
      if (block.flight !== flight || block.isSettled) continue;
      block.reject(reason);
      pending.delete(key);
    }
  }

  /** Takes off with the blocks that nobody is working on. */
  function depart(blocks: SourceBlocks, numbers: readonly number[]): void {
    const flight: Flight = { controller: new AbortController(), waiters: 0 };
    for (const number of numbers) pending.set(blocks.keyOf(number), pendingBlock(flight));
    run(blocks, numbers, flight).catch((error: unknown) => stop(flight, error));
  }

  async function run(blocks: SourceBlocks, numbers: readonly number[], flight: Flight): Promise<void> {
    const { signal } = flight.controller;
    const found = await Promise.all(
      numbers.map(async (number) => {
        const key = blocks.keyOf(number);
        const bytes = await find(key, signal);
        const isWhole = bytes?.length === lengthOf(blocks.source, number);
        if (!isWhole) return false;
        const block = pending.get(key);
        block?.resolve(bytes);
        forget(key, block);
        return true;
      }),
    );
    const missing = numbers.filter((_, i) => found[i] === false);
    await Promise.all(runsOf(missing).map(([first, last]) => fetchRun(blocks, first, last, flight)));
  }

  /** One read of the source, cut into blocks. */
  async function fetchRun(blocks: SourceBlocks, first: number, last: number, flight: Flight): Promise<void> {
    const { source } = blocks;
    const { signal } = flight.controller;
    const offset = first * blockBytes;
    const length = Math.min(source.size, (last + 1) * blockBytes) - offset;
    let number = first;
    let block = new Uint8Array(lengthOf(source, number));
    let filled = 0;
    for await (const chunk of source.read({ offset, length }, { signal })) {
      for (let taken = 0; taken < chunk.length && number <= last;) {
        const part = chunk.subarray(taken, taken + block.length - filled);
        block.set(part, filled);
        filled += part.length;
        taken += part.length;
        if (filled < block.length) continue;
        land(blocks.keyOf(number), block, flight);
        number += 1;
        filled = 0;
        if (number <= last) block = new Uint8Array(lengthOf(source, number));
      }
    }
    if (number <= last) {
      throw new CacheError("ShortRead", `${source.id} ended before byte ${String(offset + length)}`, {
        key: source.id,
      });
    }
  }

  /** Until a block has been written it is found here. */
  function land(key: string, bytes: Uint8Array, flight: Flight): void {
    const block = pending.get(key);
    // In a gap: somebody else's, or kept already.
    if (block?.flight !== flight) return;
    block.resolve(bytes);
    const kept = keep(key, bytes);
    if (kept === undefined) forget(key, block);
    else void kept.then(() => forget(key, block));
  }

  function lengthOf(source: BlockSource, number: number): number {
    return Math.min(blockBytes, source.size - number * blockBytes);
  }

  return {
    async *read(blocks, { offset, length }, { signal }) {
      signal?.throwIfAborted();
      const first = Math.floor(offset / blockBytes);
      const last = Math.floor((offset + length - 1) / blockBytes);
      const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      const unclaimed = numbers.filter((number) => !pending.has(blocks.keyOf(number)));
      if (unclaimed.length > 0) depart(blocks, unclaimed);
      const wanted = numbers.flatMap((number) => pending.get(blocks.keyOf(number)) ?? []);
      const flights = new Set(wanted.map(({ flight }) => flight));
      for (const flight of flights) flight.waiters += 1;
      try {
        for (const [i, block] of wanted.entries()) {
          const bytes = await untilAborted(block.bytes, signal);
          const start = (first + i) * blockBytes;
          // A copy: chunks belong to the consumer, and others may wait for this block.
          yield bytes.slice(Math.max(0, offset - start), offset + length - start);
        }
      } finally {
        for (const flight of flights) {
          flight.waiters -= 1;
          if (flight.waiters === 0) stop(flight, new Error("nobody waits for these blocks any more"));
        }
      }
    },
  };
}

function pendingBlock(flight: Flight): PendingBlock {
  let settle: { resolve(bytes: Uint8Array): void; reject(error: unknown): void } | undefined;
  const bytes = new Promise<Uint8Array>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Nobody may be waiting for it when it fails.
  bytes.catch(() => undefined);
  const block: PendingBlock = {
    bytes,
    flight,
    isSettled: false,
    resolve(value) {
      block.isSettled = true;
      settle?.resolve(value);
    },
    reject(error) {
      block.isSettled = true;
      settle?.reject(error);
    },
  };
  return block;
}

/** Consecutive numbers, and those with small gaps between them, as ranges of first and last. */
function runsOf(numbers: readonly number[]): (readonly [first: number, last: number])[] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && number - run[1] <= maxGapBlocks) run[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}
