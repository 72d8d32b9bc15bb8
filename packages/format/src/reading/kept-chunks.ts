import type { Chunk } from "../entry.js";

/** Verified chunks in memory, the last ones that were read. Nobody may write to them or give them away. */
export interface KeptChunks {
  get(chunk: Chunk): Uint8Array | undefined;
  keep(chunk: Chunk, content: Uint8Array): void;
}

/** Keeps up to so many bytes of content; what was not read for the longest time goes first. */
export function createKeptChunks(maxBytes: number): KeptChunks {
  /** In the order of their use. */
  const contents = new Map<number, Uint8Array>();
  let bytes = 0;

  function drop(key: number, content: Uint8Array): void {
    contents.delete(key);
    bytes -= content.length;
  }

  return {
    get(chunk) {
      const key = keyOf(chunk);
      const content = contents.get(key);
      if (content === undefined) return undefined;
      contents.delete(key);
      contents.set(key, content);
      return content;
    },
    keep(chunk, content) {
      const key = keyOf(chunk);
      const before = contents.get(key);
      if (before !== undefined) drop(key, before);
      if (content.length > maxBytes) return;
      for (const [oldest, old] of contents) {
        if (bytes + content.length <= maxBytes) break;
        drop(oldest, old);
      }
      contents.set(key, content);
      bytes += content.length;
    },
  };
}

/**
 * Not by hash: where an index claims the hash of one chunk for another one, whoever reads both is to find out. No two chunks
 * of an archive are stored in the same place.
 */
function keyOf({ dataOffset }: Chunk): number {
  return dataOffset;
}
