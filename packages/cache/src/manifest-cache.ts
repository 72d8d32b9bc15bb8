import { createHash } from "node:crypto";
import type { CacheStore, StoreOptions } from "./cache-store.js";

/** Keeps manifests by their digests. What it returns has been hashed: it is the manifest, or nothing. */
export interface ManifestCache {
  /** The manifest's bytes, or undefined when they are not there, not right, or not to be had. */
  get(digest: string, options?: StoreOptions): Promise<Uint8Array | undefined>;
  /** Keeps a manifest. That it could not be kept is no error. */
  put(digest: string, bytes: Uint8Array, options?: StoreOptions): Promise<void>;
}

/** No registry has to accept more (distribution-spec, "Pushing Manifests"), so nothing larger was put here by us. */
const maxManifestBytes = 4 * 1024 * 1024;

/**
 * A manifest cache over a store. An entry that does not have its digest is deleted and counts as a miss, and so does
 * every failure of the store: a cache costs or saves time, and nothing else. An aborted signal is still thrown.
 */
export function createManifestCache(store: CacheStore): ManifestCache {
  return {
    async get(digest, options = {}) {
      const hash = hashFor(digest);
      if (hash === undefined) return undefined;
      const bytes = await unlessItFails(() => readWhole(store, digest, options), options);
      if (bytes === undefined) return undefined;
      if (hash.update(bytes).digest("hex") === hexOf(digest)) return bytes;
      await unlessItFails(() => store.delete(digest, options), options);
      return undefined;
    },
    async put(digest, bytes, options = {}) {
      if (hashFor(digest)?.update(bytes).digest("hex") !== hexOf(digest)) return;
      await unlessItFails(() => store.put(digest, [bytes], options), options);
    },
  };
}

async function readWhole(
  store: CacheStore,
  key: string,
  options: StoreOptions,
): Promise<Uint8Array | undefined> {
  const reader = await store.open(key, options);
  if (reader === undefined) return undefined;
  try {
    if (reader.size > maxManifestBytes) return new Uint8Array(0);
    const bytes = new Uint8Array(reader.size);
    let length = 0;
    for await (const chunk of reader.read()) {
      options.signal?.throwIfAborted();
      bytes.set(chunk, length);
      length += chunk.length;
    }
    return bytes.subarray(0, length);
  } finally {
    await reader.close();
  }
}

async function unlessItFails<T>(work: () => Promise<T>, { signal }: StoreOptions): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** Undefined for an algorithm that cannot be verified here, which therefore is not cached. */
function hashFor(digest: string): ReturnType<typeof createHash> | undefined {
  const algorithm = digest.slice(0, digest.indexOf(":"));
  return algorithm === "sha256" || algorithm === "sha512" ? createHash(algorithm) : undefined;
}

function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1);
}
