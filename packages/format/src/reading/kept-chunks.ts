import { toHex } from "@blob/core/bytes";
import type { Chunk } from "../entry.js";

/** Verified chunks in memory, the last ones that were read. Nobody may write to them or give them away. */
export interface KeptChunks {
  get(chunk: Chunk): Uint8Array | undefined;
  keep(chunk: Chunk, content: Uint8Array): void;
}

/** Keeps up to so many bytes of content; what was not read for the longest time goes first. */
export function createKeptChunks(maxBytes: number): KeptChunks {
  /** In the order of their use. */
  const contents = new Map<string, Uint8Array>();
  let bytes = 0;

  function drop(key: string, content: Uint8Array): void {
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

/** Equal hashes promise equal content, wherever it is stored, but not of another size. */
function keyOf({ hash, size }: Chunk): string {
  return `${toHex(hash)} ${size}`;
}
