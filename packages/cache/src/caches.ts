import path from "node:path";
import { createBackgroundWrites } from "./background-writes.js";
import type { BlockCache } from "./block-cache.js";
import { createBlockCache } from "./block-cache.js";
import type { CacheObserver } from "./cache-observer.js";
import type { CacheStore } from "./cache-store.js";
import type { ChunkCache } from "./chunk-cache.js";
import { createChunkCache } from "./chunk-cache.js";
import type { ContentCache } from "./content-cache.js";
import { createContentCache } from "./content-cache.js";
import type { DigestCache } from "./digest-cache.js";
import { createIndexCache, createManifestCache } from "./digest-cache.js";
import type { DiskStore } from "./disk-store.js";
import { createDiskStore } from "./disk-store.js";
import { createMemoryStore } from "./memory-store.js";
import { withPatience } from "./patient-store.js";
import type { RecordCache } from "./record-cache.js";
import { createRecordCache } from "./record-cache.js";
import type { RefCache } from "./ref-cache.js";
import { createRefCache } from "./ref-cache.js";
import { writtenLater } from "./written-later.js";

/** The caches, which are also the directories below the cache directory. */
export const cacheNames = ["refs", "manifests", "indexes", "content", "blocks"] as const;

/** One of {@link cacheNames}. */
export type CacheName = (typeof cacheNames)[number];

/** What the caches may take by default, in bytes. */
export const defaultCacheBytes: Readonly<Record<CacheName, number>> = {
  refs: 5_000_000,
  manifests: 10_000_000,
  indexes: 50_000_000,
  content: 100_000_000,
  blocks: 50_000_000,
};

/** Where the caches of {@link createCaches} are kept, how large they may get, and which are on. */
export interface CachesOptions {
  /** Where they are kept; made when needed. Default: in memory. */
  readonly directory?: string | undefined;
  /** Stores of your own, instead of the directory or the memory. */
  readonly stores?: Partial<Readonly<Record<CacheName, CacheStore>>> | undefined;
  /** Limits in bytes. Default {@link defaultCacheBytes}; see also {@link divideCacheBytes}. */
  readonly maxBytes?: Partial<Readonly<Record<CacheName, number>>> | undefined;
  /** A cache that is off keeps nothing and finds nothing. Default: all are on. */
  readonly enabled?: Partial<Readonly<Record<CacheName, boolean>>> | undefined;
  /** How long references and records are fresh, in milliseconds. Default five minutes. */
  readonly refTtlMs?: number | undefined;
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Told the first time that a cache does not work, once for each: reads go on without it. */
  readonly onWarning?: ((cache: CacheName, error: unknown) => void) | undefined;
}

/** What a cache did since it was made. */
export interface CacheStatistics {
  /** How many look-ups found something that was right. */
  hits: number;
  /** How many look-ups did not, failures of the store among them. */
  misses: number;
  /** Bytes that came out of the cache. */
  bytes: number;
  /** How often the store failed, or had something wrong. */
  failures: number;
}

/**
 * The caches of a client: see {@link createCaches}. There is nothing to close; `flush` before the process ends keeps
 * what is still being written.
 */
export interface Caches {
  /** Which digests tags point at, fresh for `refTtlMs`. */
  readonly refs: RefCache;
  /** Lists of referrers and the like; they share the store of `refs`. */
  readonly records: RecordCache;
  /** Manifests by digest; also other small blobs with a digest, such as signature bundles. */
  readonly manifests: DigestCache;
  /**
   * Indexes of archives by digest: with one, an archive is opened without a request for it. A put does not wait for the
   * store, and a get of what is being written does; the bytes must not be written to any more.
   */
  readonly indexes: DigestCache;
  /** Contents of files by their SHA-256, whichever archive they came from. */
  readonly content: ContentCache;
  /** Blocks of data that is read in ranges, by the source and their position. */
  readonly blocks: BlockCache;
  /**
   * Chunks of large files by their SHA-256, whichever archive and registry they came from. They share the store of
   * `blocks`, its limit and its statistics; undefined when `blocks` is off.
   */
  readonly chunks: ChunkCache | undefined;
  /** What each cache did since it was made by this call of `createCaches`: a copy, which does not change any more. */
  statistics(): Readonly<Record<CacheName, Readonly<CacheStatistics>>>;
  /** Resolves when everything that is on its way into a cache has arrived, or could not. */
  flush(): Promise<void>;
}

/** The largest index of which nobody waits for the store, or some smaller ones. */
const maxUnwrittenIndexBytes = 64 * 1024 * 1024;

/**
 * All five caches, on disk or in memory. Nothing is read or made before one is used. A cache that fails is a miss:
 * reads go on without it, and `onWarning` is told once.
 *
 * @example
 * ```ts
 * const caches = createCaches({
 *   directory: "/var/cache/blob",
 *   maxBytes: divideCacheBytes(1_000_000_000),
 *   onWarning: (cache, error) => console.warn(`the cache of ${cache} does not work`, error),
 * });
 * const manifest = (await caches.manifests.get(digest)) ?? (await fetchManifest(digest));
 * ```
 */
export function createCaches(options: CachesOptions = {}): Caches {
  const { now, refTtlMs: ttlMs } = options;
  const counters = { refs: zero(), manifests: zero(), indexes: zero(), content: zero(), blocks: zero() };
  const isOn = (name: CacheName): boolean => options.enabled?.[name] ?? true;
  const maxBytesOf = (name: CacheName): number => options.maxBytes?.[name] ?? defaultCacheBytes[name];

  function observerOf(name: CacheName): CacheObserver {
    return createCounter(counters[name], (error) => options.onWarning?.(name, error));
  }

  function diskStoreOf(name: CacheName): DiskStore | undefined {
    const { directory, stores } = options;
    if (directory === undefined || stores?.[name] !== undefined || !isOn(name)) return undefined;
    return createDiskStore({ directory: path.join(directory, name), maxBytes: maxBytesOf(name), now });
  }

  function storeOf(name: CacheName): CacheStore {
    if (!isOn(name)) return emptyStore;
    const given = options.stores?.[name] ?? diskStoreOf(name);
    if (given === undefined) return createMemoryStore({ maxBytes: maxBytesOf(name), now });
    return withPatience(given);
  }

  /** One that is off keeps nothing: it need not look whether what it is given is right. */
  function unlessOff(name: "manifests" | "indexes", cache: DigestCache): DigestCache {
    if (isOn(name)) return cache;
    return { ...cache, put: async (_digest, _bytes, { signal } = {}) => signal?.throwIfAborted() };
  }

  const refStore = storeOf("refs");
  const recordOptions = { ttlMs, now, observer: observerOf("refs") };
  const contentFiles = diskStoreOf("content");
  const blockStore = isOn("blocks") ? storeOf("blocks") : undefined;
  const blockOptions = { observer: observerOf("blocks") };
  const indexWrites = createBackgroundWrites(maxUnwrittenIndexBytes);
  const blocks = blockStore === undefined ? noBlockCache : createBlockCache(blockStore, blockOptions);
  const chunks = blockStore === undefined ? undefined : createChunkCache(blockStore, blockOptions);
  return {
    refs: createRefCache(refStore, recordOptions),
    records: createRecordCache(refStore, recordOptions),
    manifests: unlessOff(
      "manifests",
      createManifestCache(storeOf("manifests"), { observer: observerOf("manifests") }),
    ),
    indexes: unlessOff(
      "indexes",
      writtenLater(createIndexCache(storeOf("indexes"), { observer: observerOf("indexes") }), indexWrites),
    ),
    content: createContentCache(
      contentFiles === undefined ? storeOf("content") : withPatience(contentFiles),
      {
        locate: (key) => contentFiles?.locate(key),
        observer: observerOf("content"),
      },
    ),
    blocks,
    chunks,
    statistics: () => ({
      refs: { ...counters.refs },
      manifests: { ...counters.manifests },
      indexes: { ...counters.indexes },
      content: { ...counters.content },
      blocks: { ...counters.blocks },
    }),
    async flush() {
      await Promise.all([indexWrites.flush(), blocks.flush(), chunks?.flush()]);
    },
  };
}

/**
 * Divides one limit: the small caches get their defaults, or a sixteenth if that is less, blocks a quarter at most, and
 * content the rest.
 *
 * @example
 * ```ts
 * const caches = createCaches({ directory, maxBytes: divideCacheBytes(1_000_000_000) });
 * ```
 */
export function divideCacheBytes(total: number): Readonly<Record<CacheName, number>> {
  const share = (name: CacheName, divisor = 16): number =>
    Math.min(defaultCacheBytes[name], Math.floor(total / divisor));
  const small = {
    refs: share("refs"),
    manifests: share("manifests"),
    indexes: share("indexes"),
    // No entry may take more than half of a cache: of less, no chunk of a large file would be kept.
    blocks: share("blocks", 4),
  };
  const content = total - small.refs - small.manifests - small.indexes - small.blocks;
  return { ...small, content };
}

function zero(): CacheStatistics {
  return { hits: 0, misses: 0, bytes: 0, failures: 0 };
}

function createCounter(counter: CacheStatistics, warn: (error: unknown) => void): CacheObserver {
  return {
    hit(bytes) {
      counter.hits += 1;
      counter.bytes += bytes;
    },
    miss() {
      counter.misses += 1;
    },
    failure(error) {
      counter.failures += 1;
      if (counter.failures === 1) warn(error);
    },
  };
}

/** What a cache that is off keeps its bytes in. */
const emptyStore: CacheStore = {
  open: () => Promise.resolve(undefined),
  put: () => Promise.resolve(),
  delete: () => Promise.resolve(false),
  async *entries() {
    // There are none.
  },
};

const noBlockCache: BlockCache = {
  wrap: (source) => source,
  forget: () => Promise.resolve(false),
  flush: () => Promise.resolve(),
};
