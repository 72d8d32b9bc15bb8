import type { CacheEntry, CacheReader, CacheStore } from "./cache-store.js";

/** How much a store in memory may take. */
export interface MemoryStoreOptions {
  /** What the bodies may take together, in bytes; the least recently used go first. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

const defaultMaxBytes = 64 * 1024 * 1024;

interface Kept {
  readonly bytes: Uint8Array;
  readonly usedAt: number;
}

/**
 * A store in this process's memory. Bodies are copied on their way in, so that nobody can change what is kept; what is
 * larger than `maxBytes` is not kept at all.
 *
 * @example
 * ```ts
 * const caches = createCaches({ directory, stores: { refs: createMemoryStore() } });
 * ```
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): CacheStore {
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  const now = options.now ?? Date.now;
  // A map keeps the order in which its keys were set: what was used last is set anew, and the first goes first.
  const kept = new Map<string, Kept>();
  let keptBytes = 0;
  const remove = (key: string): boolean => {
    keptBytes -= costOf(kept.get(key));
    return kept.delete(key);
  };
  const keep = (key: string, entry: Kept): void => {
    remove(key);
    kept.set(key, entry);
    keptBytes += costOf(entry);
    for (const oldest of kept.keys()) {
      if (keptBytes <= Math.max(1, maxBytes)) return;
      remove(oldest);
    }
  };
  return {
    open(key, { signal } = {}) {
      if (signal?.aborted) return Promise.reject(abortReason(signal));
      const found = kept.get(key);
      if (found === undefined) return Promise.resolve(undefined);
      keep(key, { bytes: found.bytes, usedAt: now() });
      return Promise.resolve(readerOver(found.bytes));
    },
    async put(key, body, { signal } = {}) {
      const bytes = await collect(body, maxBytes, signal);
      if (bytes === undefined) remove(key);
      else keep(key, { bytes, usedAt: now() });
    },
    delete(key) {
      return Promise.resolve(remove(key));
    },
    async *entries({ signal } = {}): AsyncGenerator<CacheEntry> {
      // A copy: the consumer may put and delete while it iterates.
      const all = [...kept.entries()].map(([key, { bytes, usedAt }]) => ({
        key,
        size: bytes.length,
        usedAt,
      }));
      for (const entry of all) {
        signal?.throwIfAborted();
        yield entry;
      }
    },
  };
}

/** An empty body counts as one byte: keys take memory, too. */
function costOf(entry: Kept | undefined): number {
  return entry === undefined ? 0 : Math.max(1, entry.bytes.length);
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}

function readerOver(bytes: Uint8Array): CacheReader {
  return {
    size: bytes.length,
    async *read(range = { offset: 0, length: bytes.length }) {
      // A copy again: chunks belong to the consumer.
      if (range.length > 0) yield bytes.slice(range.offset, range.offset + range.length);
    },
    close: () => Promise.resolve(),
  };
}

/** The body in one piece, or undefined when it is larger than the store: nothing beyond the limit is held. */
async function collect(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    signal?.throwIfAborted();
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk.slice());
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
