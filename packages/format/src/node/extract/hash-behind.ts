import type { WholeHash } from "../chunks/chunk-stage.js";

/** The hash of a file that goes on behind those who write it. */
export interface HashBehind {
  /** So many chunks, from the first one on, were given. */
  readonly chunks: number;
  /** The next chunk is written. Waits only for those that are far behind. */
  next(size: number): Promise<void>;
  /** The hash of all of it. */
  digest(): Promise<Uint8Array>;
  /** Nothing of the file is read any more afterwards; never rejects. */
  settled(): Promise<void>;
}

/** So many chunks may be written and not yet hashed. None of them is in memory. */
const maxChunksBehind = 8;

export function createHashBehind(whole: WholeHash): HashBehind {
  const behind: Promise<void>[] = [];
  let chunks = 0;
  return {
    get chunks() {
      return chunks;
    },
    async next(size) {
      chunks++;
      const appending = whole.append(size);
      // A failure is thrown when it is its turn: until then it is not an unhandled one.
      appending.catch(() => undefined);
      behind.push(appending);
      if (behind.length > maxChunksBehind) await behind.shift();
    },
    async digest() {
      await Promise.all(behind);
      return Buffer.from(await whole.digest(), "hex");
    },
    async settled() {
      await Promise.allSettled(behind);
    },
  };
}
