import { createHash } from "node:crypto";
import { attempt, unobserved } from "./cache-observer.js";
import type { CacheOptions } from "./cache-observer.js";
import type { CacheStore, StoreOptions } from "./cache-store.js";
import { getChecked, putChecked } from "./checked-entry.js";

/** Something that was true when it was put. */
export interface CachedRecord<T> {
  /** What `parse` made of the stored JSON. */
  readonly value: T;
  /** False when the time to live has run out: ask again if you can, and say so if you cannot. */
  readonly fresh: boolean;
  /** In milliseconds since the epoch. */
  readonly storedAt: number;
}

/** Keeps small JSON values that change in time, like the list of an artifact's referrers. */
export interface RecordCache {
  /**
   * The value under a key, stale ones too. `parse` sees the JSON and returns undefined for what it does not take; that
   * is a miss. Whoever asks for another kind of thing uses another key.
   */
  get<T>(
    key: string,
    parse: (json: unknown) => T | undefined,
    options?: StoreOptions,
  ): Promise<CachedRecord<T> | undefined>;
  /** Keeps a JSON value of up to 1 MiB; a larger one is forgotten. That it could not be kept is no error. */
  put(key: string, value: unknown, options?: StoreOptions): Promise<void>;
  /** Forgets the value under a key, if there is one. That it could not be deleted is no error. */
  delete(key: string, options?: StoreOptions): Promise<void>;
}

/** How long records, and references, count as fresh. */
export interface RecordCacheOptions extends CacheOptions {
  /** How long a record is fresh, in milliseconds. Default five minutes. */
  readonly ttlMs?: number | undefined;
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

const defaultTtlMs = 5 * 60 * 1000;

/** A list of a thousand referrers has some 300 KB. */
const maxRecordBytes = 1024 * 1024;

/**
 * Records over a store, each with a checksum. Every failure of the store is a miss; an aborted signal is thrown.
 *
 * @example
 * ```ts
 * const records = createRecordCache(createMemoryStore(), { ttlMs: 60_000 });
 * await records.put("count", 12);
 * const count = await records.get("count", (json) => (typeof json === "number" ? json : undefined));
 * if (count?.fresh === true) console.log(count.value);
 * ```
 */
export function createRecordCache(store: CacheStore, options: RecordCacheOptions = {}): RecordCache {
  const { observer = unobserved, ttlMs = defaultTtlMs, now = Date.now } = options;
  const forget = async (key: string, signal: AbortSignal | undefined): Promise<void> => {
    await attempt(() => store.delete(entryKey(key), { signal }), observer, signal);
  };
  return {
    async get<T>(key: string, parse: (json: unknown) => T | undefined, { signal }: StoreOptions = {}) {
      signal?.throwIfAborted();
      const payload = await getChecked(store, entryKey(key), maxRecordBytes, observer, signal);
      const record = payload && parseRecord(payload, key, parse);
      if (payload === undefined || record === undefined) {
        observer.miss();
        return undefined;
      }
      observer.hit(payload.length);
      const age = now() - record.storedAt;
      // A record from the future was put by a clock that was wrong, for who knows how long.
      return { ...record, fresh: age >= 0 && age < ttlMs };
    },
    async put(key, value, { signal } = {}) {
      signal?.throwIfAborted();
      const payload = new TextEncoder().encode(JSON.stringify({ key, storedAt: now(), value }));
      const kept =
        payload.length <= maxRecordBytes &&
        (await putChecked(store, entryKey(key), payload, observer, signal));
      // What it would have replaced is known to be out of date.
      if (!kept) await forget(key, signal);
    },
    async delete(key, { signal } = {}) {
      signal?.throwIfAborted();
      await forget(key, signal);
    },
  };
}

/** References are long and may contain anything: the store gets their hashes. */
function entryKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function parseRecord<T>(
  payload: Uint8Array,
  key: string,
  parse: (json: unknown) => T | undefined,
): { readonly value: T; readonly storedAt: number } | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (typeof json !== "object" || json === null) return undefined;
    if (!("key" in json) || json.key !== key) return undefined;
    if (!("storedAt" in json) || typeof json.storedAt !== "number") return undefined;
    const value = "value" in json ? parse(json.value) : undefined;
    return value === undefined ? undefined : { value, storedAt: json.storedAt };
  } catch {
    // Who can write a checksum can write anything below it; a parser that throws has refused as well.
    return undefined;
  }
}
