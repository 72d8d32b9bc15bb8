import { rm } from "node:fs/promises";
import path from "node:path";
import { unobserved } from "./cache-observer.js";
import type { CacheObserver } from "./cache-observer.js";
import type { CacheStore, StoreOptions } from "./cache-store.js";
import type { CacheName } from "./caches.js";
import { cacheNames } from "./caches.js";
import { getChecked } from "./checked-entry.js";
import { createContentCache } from "./content-cache.js";
import { createIndexCache, createManifestCache, digestPattern } from "./digest-cache.js";
import { createDiskStore } from "./disk-store.js";
import { prune } from "./prune.js";

/** How much there is, or was. */
export interface CacheUsage {
  readonly name: CacheName;
  readonly path: string;
  readonly bytes: number;
  readonly files: number;
}

export interface VerifiedCache {
  readonly name: CacheName;
  /** How many entries were right. */
  readonly good: number;
  /** The keys of those that were not. They were deleted. */
  readonly bad: readonly string[];
}

/** The directory of `createCaches`, to look after. Others may use it meanwhile. Errors are those of the file system. */
export interface CacheDirectory {
  readonly root: string;
  readonly paths: Readonly<Record<CacheName, string>>;
  status(options?: StoreOptions): Promise<readonly CacheUsage[]>;
  /** Deletes all entries of some caches, or of all. Gives what there was. */
  clear(names?: readonly CacheName[], options?: StoreOptions): Promise<readonly CacheUsage[]>;
  /** Deletes what was not used for longest until all caches together take no more than this. Gives what is gone. */
  prune(
    maxBytes: number,
    options?: StoreOptions,
  ): Promise<{ readonly bytes: number; readonly files: number }>;
  /** Reads every entry, and deletes those that are wrong. */
  verify(options?: StoreOptions): Promise<readonly VerifiedCache[]>;
}

/** Nothing larger has a checksum; references and records are smaller than blocks or up to 1 MiB. */
const maxCheckedBytes = 1024 * 1024;

/** Does nothing yet; the directory need not exist. */
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
      return (await getChecked(store, key, maxCheckedBytes, observer, options?.signal)) !== undefined;
    case "manifests":
    case "indexes": {
      if (!digestPattern.test(key)) return false;
      const create = name === "manifests" ? createManifestCache : createIndexCache;
      return (await create(store, { observer }).get(key, options)) !== undefined;
    }
    case "content": {
      if (!/^[0-9a-f]{64}$/.test(key)) return false;
      const found = await createContentCache(store, { observer }).open(Buffer.from(key, "hex"), options);
      await found?.close();
      return found !== undefined;
    }
  }
}
