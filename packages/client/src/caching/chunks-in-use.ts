import { toHex } from "@blob/core/bytes";
import type { Chunk } from "@blob/format";

/** What is known about chunks while somebody reads them. */
export interface ChunksInUse<T> {
  get(hash: Uint8Array): T | undefined;
  /** Says something about chunks, until the function that it returns is called. Of who says it first it stays. */
  use(chunks: Iterable<Chunk>, about: (chunk: Chunk) => T): () => void;
}

export function createChunksInUse<T>(): ChunksInUse<T> {
  const inUse = new Map<string, { readonly about: T; readers: number }>();
  return {
    get: (hash) => inUse.get(toHex(hash))?.about,
    use(chunks, about) {
      const keys: string[] = [];
      for (const chunk of chunks) {
        const key = toHex(chunk.hash);
        const known = inUse.get(key);
        if (known === undefined) inUse.set(key, { about: about(chunk), readers: 1 });
        else known.readers += 1;
        keys.push(key);
      }
      return () => {
        for (const key of keys.splice(0)) {
          const known = inUse.get(key);
          if (known === undefined) continue;
          known.readers -= 1;
          if (known.readers === 0) inUse.delete(key);
        }
      };
    },
  };
}
