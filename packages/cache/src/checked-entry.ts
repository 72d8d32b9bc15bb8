import { createHash } from "node:crypto";
import { attempt } from "./cache-observer.js";
import type { CacheObserver } from "./cache-observer.js";
import type { CacheStore } from "./cache-store.js";
import { CacheError } from "./errors.js";
import { readEntry } from "./read-entry.js";

/** A SHA-256. */
const checksumBytes = 32;

/**
 * For what has no digest of its own: entries that start with a checksum. It covers the key too, so that an entry which
 * got under another's name is noticed. Gives whether the store took it.
 */
export async function putChecked(
  store: CacheStore,
  key: string,
  payload: Uint8Array,
  observer: CacheObserver,
  signal?: AbortSignal,
): Promise<boolean> {
  const put = async (): Promise<true> => {
    await store.put(key, [checksum(key, payload), payload], { signal });
    return true;
  };
  return (await attempt(put, observer, signal)) ?? false;
}

/** The payload, or undefined: not there, or (then it is deleted) not as it was put. It belongs to the caller. */
export function getChecked(
  store: CacheStore,
  key: string,
  maxPayloadBytes: number,
  observer: CacheObserver,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const read = async (): Promise<Uint8Array | undefined> => {
    const entry = await readEntry(store, key, checksumBytes + maxPayloadBytes, signal);
    if (entry === undefined) return undefined;
    const payload = entry.subarray(checksumBytes);
    if (checksum(key, payload).equals(entry.subarray(0, checksumBytes))) return payload;
    observer.failure(
      new CacheError("CorruptEntry", `${key} does not have its checksum: it was deleted`, { key }),
    );
    await store.delete(key, { signal });
    return undefined;
  };
  return attempt(read, observer, signal);
}

function checksum(key: string, payload: Uint8Array): Buffer {
  // Keys of ours have no zero bytes: where the key ends and the payload starts is beyond doubt.
  return createHash("sha256").update(`${key}\0`).update(payload).digest();
}
