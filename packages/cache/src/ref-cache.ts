import type { CacheStore, StoreOptions } from "./cache-store.js";
import { digestPattern } from "./digest-cache.js";
import { createRecordCache } from "./record-cache.js";
import type { RecordCacheOptions } from "./record-cache.js";

/** What a reference pointed at. */
export interface CachedRef {
  /** The digest as `algorithm:hex`. Its form was checked; that there is such a manifest was not. */
  readonly digest: string;
  /** False when the time to live has run out: one request tells whether it is still so. */
  readonly fresh: boolean;
  /** When it was put, in milliseconds since the epoch. */
  readonly storedAt: number;
}

/** Remembers which digests tags point at, for a while. */
export interface RefCache {
  /** Stale ones too; undefined when nothing is known. */
  get(reference: string, options?: StoreOptions): Promise<CachedRef | undefined>;
  /** What a registry just said, or was just told. The time to live starts anew. That it could not be kept is no error. */
  put(reference: string, digest: string, options?: StoreOptions): Promise<void>;
  /** Forgets what a reference pointed at. That it could not be deleted is no error. */
  delete(reference: string, options?: StoreOptions): Promise<void>;
}

/**
 * A cache of references over a store. Digests are checked for their form, on their way in and out.
 *
 * @example
 * ```ts
 * const refs = createRefCache(createMemoryStore());
 * await refs.put("ghcr.io/acme/site:v1", digest);
 * const known = await refs.get("ghcr.io/acme/site:v1");
 * if (known?.fresh === false) console.log("to be asked again", known.storedAt);
 * ```
 */
export function createRefCache(store: CacheStore, options: RecordCacheOptions = {}): RefCache {
  const records = createRecordCache(store, options);
  return {
    async get(reference, call) {
      const found = await records.get(recordKey(reference), parseDigest, call);
      return found && { digest: found.value, fresh: found.fresh, storedAt: found.storedAt };
    },
    async put(reference, digest, call) {
      if (parseDigest(digest) !== undefined) await records.put(recordKey(reference), digest, call);
    },
    delete: (reference, call) => records.delete(recordKey(reference), call),
  };
}

/** Other records may live in the same store. */
function recordKey(reference: string): string {
  return `ref ${reference}`;
}

function parseDigest(value: unknown): string | undefined {
  return typeof value === "string" && digestPattern.test(value) ? value : undefined;
}
