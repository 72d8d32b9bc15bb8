import { createHash } from "node:crypto";
import { nextTurn } from "@blob/core/concurrency";
import { attempt, unobserved } from "./cache-observer.js";
import type { CacheObserver, CacheOptions } from "./cache-observer.js";
import type { CacheStore, StoreOptions } from "./cache-store.js";
import { CacheError } from "./errors.js";
import { readEntry } from "./read-entry.js";

/** Keeps small blobs by their digests. What it returns has been hashed: it is the blob, or nothing. */
export interface DigestCache {
  /** The bytes, or undefined when they are not there, not right, or not to be had. They belong to the caller. */
  get(digest: string, options?: StoreOptions): Promise<Uint8Array | undefined>;
  /** Keeps bytes, if they have this digest. That they could not be kept is no error. */
  put(digest: string, bytes: Uint8Array, options?: StoreOptions): Promise<void>;
}

/** Keeps manifests, and what else is as small and has a digest, like signature bundles. */
export type ManifestCache = DigestCache;

/** No registry has to accept more (distribution-spec, "Pushing Manifests"), so nothing larger was put here by us. */
const maxManifestBytes = 4 * 1024 * 1024;

/** The largest index that a client reads. */
const maxIndexBytes = 64 * 1024 * 1024;

/**
 * A cache of manifests over a store; of other blobs of up to 4 MiB too. An entry that does not have its digest is
 * deleted and counts as a miss, and so does every failure of the store. An aborted signal is still thrown.
 *
 * @example
 * ```ts
 * const manifests = createManifestCache(createMemoryStore());
 * await manifests.put(digest, bytes);
 * const known = await manifests.get(digest); // the same bytes, hashed again, or undefined
 * ```
 */
export function createManifestCache(store: CacheStore, options: CacheOptions = {}): ManifestCache {
  return createDigestCache(store, maxManifestBytes, options);
}

/** The same for archive indexes, of up to 64 MiB. */
export function createIndexCache(store: CacheStore, options: CacheOptions = {}): DigestCache {
  return createDigestCache(store, maxIndexBytes, options);
}

function createDigestCache(
  store: CacheStore,
  maxBytes: number,
  { observer = unobserved }: CacheOptions,
): DigestCache {
  return {
    async get(digest, { signal } = {}) {
      signal?.throwIfAborted();
      const bytes = await attempt(
        () => checkedBlob(store, digest, maxBytes, observer, signal),
        observer,
        signal,
      );
      if (bytes === undefined) observer.miss();
      else observer.hit(bytes.length);
      return bytes;
    },
    async put(digest, bytes, { signal } = {}) {
      signal?.throwIfAborted();
      if (bytes.length > maxBytes || !(await hasDigest(bytes, digest))) return;
      await attempt(() => store.put(digest, [bytes], { signal }), observer, signal);
    },
  };
}

async function checkedBlob(
  store: CacheStore,
  digest: string,
  maxBytes: number,
  observer: CacheObserver,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (!digestPattern.test(digest)) return undefined;
  const bytes = await readEntry(store, digest, maxBytes, signal);
  if (bytes === undefined || (await hasDigest(bytes, digest))) return bytes;
  observer.failure(
    new CacheError("CorruptEntry", `${digest} does not have its digest: it was deleted`, { key: digest }),
  );
  await store.delete(digest, { signal });
  return undefined;
}

/** The digests that can be verified here; under others nothing is kept. */
export const digestPattern: RegExp = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Hashed before others get a turn: about 5 ms. */
const hashedPerTurn = 4 * 1024 * 1024;

async function hasDigest(bytes: Uint8Array, digest: string): Promise<boolean> {
  if (!digestPattern.test(digest)) return false;
  const [algorithm = "", hex] = digest.split(":", 2);
  const hash = createHash(algorithm);
  for (let from = 0; from < bytes.length; from += hashedPerTurn) {
    if (from > 0) await nextTurn();
    hash.update(bytes.subarray(from, from + hashedPerTurn));
  }
  return hash.digest("hex") === hex;
}
