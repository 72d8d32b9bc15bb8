import { rm } from "node:fs/promises";
import path from "node:path";
import { unobserved } from "./cache-observer.js";
import type { CacheObserver } from "./cache-observer.js";
import type { CacheStore, StoreOptions } from "./cache-store.js";
import type { CacheName } from "./caches.js";
import { cacheNames } from "./caches.js";
import { getChecked } from "./checked-entry.js";
import { createContentCache } from "./content-cache.js";
import { contentKeyPattern } from "./content-key.js";
import { createIndexCache, createManifestCache, digestPattern } from "./digest-cache.js";
import { createDiskStore } from "./disk-store.js";
import { prune } from "./prune.js";

/** What one cache holds on disk, or held before it was cleared. */
export interface CacheUsage {
  /** Which of the caches. */
  readonly name: CacheName;
  /** Its directory, which need not exist. */
  readonly path: string;
  /** Sum of the sizes of its files in bytes, as they were put; what they take on disk is a little more. */
  readonly bytes: number;
  /** How many entries it has: one file each. */
  readonly files: number;
}

/** What {@link CacheDirectory.verify} found in one cache. */
export interface VerifiedCache {
  /** Which of the caches. */
  readonly name: CacheName;
  /** How many entries were right. */
  readonly good: number;
  /** The keys of those that were not. They were deleted. */
  readonly bad: readonly string[];
}

/**
 * Looks after a directory of {@link createCaches}, which other processes may use at the same time. Errors are those of
 * the file system, as they are.
 */
export interface CacheDirectory {
  /** The directory, as it was given. */
  readonly root: string;
  /** The directory of each cache, directly below `root`. They need not exist. */
  readonly paths: Readonly<Record<CacheName, string>>;
  /** What each cache holds, in the order of `cacheNames`. Lists all files without reading them. */
  status(options?: StoreOptions): Promise<readonly CacheUsage[]>;
  /** Deletes all entries of some caches, or of all. Returns what they held before. */
  clear(names?: readonly CacheName[], options?: StoreOptions): Promise<readonly CacheUsage[]>;
  /**
   * Deletes the least recently used entries until all caches together hold no more than `maxBytes`. Returns what was
   * deleted.
   */
  prune(
    maxBytes: number,
    options?: StoreOptions,
  ): Promise<{ readonly bytes: number; readonly files: number }>;
  /** Reads and checks every entry, and deletes those that are wrong. Costs as much as reading all of the caches. */
  verify(options?: StoreOptions): Promise<readonly VerifiedCache[]>;
}

/** Nothing larger has a checksum; references and records are smaller than blocks or up to 1 MiB. */
const maxCheckedBytes = 1024 * 1024;

/**
 * A cache directory to look after. Touches nothing before a method is called; the directory need not exist.
 *
 * @example
 * ```ts
 * const directory = openCacheDirectory("/var/cache/blob");
 * for (const { name, files, bytes } of await directory.status()) console.log(name, files, bytes);
 * await directory.prune(500_000_000);
 * ```
 */
export function openCacheDirectory(root: string): CacheDirectory {
  const paths = {
    refs: path.join(root, "refs"),
    manifests: path.join(root, "manifests"),
    indexes: path.join(root, "indexes"),
    content: path.join(root, "content"),
    blocks: path.join(root, "blocks"),
  };
  const storeOf = (name: CacheName): CacheStore =>
    createDiskStore({ directory: paths[name], maxBytes: Infinity, marksUse: false });

  async function usageOf(name: CacheName, options: StoreOptions | undefined): Promise<CacheUsage> {
    let [bytes, files] = [0, 0];
    for await (const { size } of storeOf(name).entries(options)) {
      bytes += size;
      files += 1;
    }
    return { name, path: paths[name], bytes, files };
  }

  return {
    root,
    paths,
    async status(options) {
      const usage: CacheUsage[] = [];
      for (const name of cacheNames) usage.push(await usageOf(name, options));
      return usage;
    },
    async clear(names = cacheNames, options = {}) {
      const usage: CacheUsage[] = [];
      for (const name of names) {
        usage.push(await usageOf(name, options));
        await rm(paths[name], { recursive: true, force: true, maxRetries: 3 });
      }
      return usage;
    },
    prune: (maxBytes, options) => prune(cacheNames.map(storeOf), maxBytes, options),
    async verify(options) {
      const verified: VerifiedCache[] = [];
      for (const name of cacheNames) verified.push(await verify(name, storeOf(name), options));
      return verified;
    },
  };
}

async function verify(
  name: CacheName,
  store: CacheStore,
  options: StoreOptions | undefined,
): Promise<VerifiedCache> {
  const bad: string[] = [];
  let good = 0;
  for await (const { key } of store.entries(options)) {
    let failure: unknown;
    const observer: CacheObserver = { ...unobserved, failure: (error) => (failure ??= error) };
    if (await isGood(name, store, key, observer, options)) good += 1;
    // What is gone by now was evicted: nothing is wrong with it.
    else if ((await store.delete(key, options)) || failure !== undefined) bad.push(key);
  }
  return { name, good, bad };
}

async function isGood(
  name: CacheName,
  store: CacheStore,
  key: string,
  observer: CacheObserver,
  options: StoreOptions | undefined,
): Promise<boolean> {
  switch (name) {
    case "refs":
    case "blocks":
      // Chunks are contents under their hashes, in the store of blocks.
      if (name === "blocks" && contentKeyPattern.test(key)) return isContent(store, key, observer, options);
      return (await getChecked(store, key, maxCheckedBytes, observer, options?.signal)) !== undefined;
    case "manifests":
    case "indexes": {
      if (!digestPattern.test(key)) return false;
      const create = name === "manifests" ? createManifestCache : createIndexCache;
      return (await create(store, { observer }).get(key, options)) !== undefined;
    }
    case "content":
      return contentKeyPattern.test(key) && isContent(store, key, observer, options);
  }
}

async function isContent(
  store: CacheStore,
  key: string,
  observer: CacheObserver,
  options: StoreOptions | undefined,
): Promise<boolean> {
  const found = await createContentCache(store, { observer }).open(Buffer.from(key, "hex"), options);
  await found?.close();
  return found !== undefined;
}
