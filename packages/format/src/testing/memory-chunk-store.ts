import type { ChunkStore } from "../reading/chunk-store.js";

/** A store in memory, of which a test may look at what it has. */
export function memoryChunkStore(
  change: Partial<ChunkStore> = {},
): ChunkStore & { readonly kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  const keyOf = (hash: Uint8Array): string => Buffer.from(hash).toString("hex");
  return {
    kept,
    get: (hash) => Promise.resolve(kept.get(keyOf(hash))?.slice()),
    put(hash, content) {
      kept.set(keyOf(hash), Buffer.concat(Array.from(content)));
      return Promise.resolve();
    },
    ...change,
  };
}
