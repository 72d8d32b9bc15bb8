import type { Chunk } from "../entry.js";
import type { ChunkStore } from "./chunk-store.js";

/** A store whose failures are nobody's: what it cannot do it does not do. */
export interface StoreAccess {
  /** A chunk that the store has; not one of another size. Does not reject. */
  find(chunk: Chunk, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Starts keeping a chunk. */
  put(chunk: Chunk, content: Uint8Array): void;
}

/** A store that is slower than the sources must not fill the memory: what is beyond this is not kept. */
const maxUnwrittenBytes = 32 * 1024 * 1024;

export function createStoreAccess(store: ChunkStore | undefined): StoreAccess {
  let unwritten = 0;

  async function keep(into: ChunkStore, { hash }: Chunk, content: Uint8Array): Promise<void> {
    unwritten += content.length;
    try {
      await into.put(hash, [content]);
    } catch {
      // It is read again when it is needed.
    } finally {
      unwritten -= content.length;
    }
  }

  return {
    async find({ hash, size }, signal) {
      if (store === undefined) return undefined;
      try {
        const content = await store.get(hash, { maxBytes: size, signal });
        return content?.length === size ? content : undefined;
      } catch {
        return undefined;
      }
    },
    put(chunk, content) {
      if (store === undefined || unwritten + content.length > maxUnwrittenBytes) return;
      // A copy: readers of this archive still read from it.
      void keep(store, chunk, new Uint8Array(content));
    },
  };
}
