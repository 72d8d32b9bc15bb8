import { nextTurn } from "@blob/core/concurrency";

/**
 * Content that is decoded or hashed before others get a turn: two to five milliseconds, depending on the decoder. Work is
 * counted, not timed: the same archive is read in the same steps everywhere.
 */
export const turnBytes: number = 512 * 1024;

/** However little a chunk holds, it was a block to decode: so many of them are as much work. */
const chunkBytes = turnBytes / 64;

/** Counts the work of one reader, which shares its thread with others. */
export interface Turns {
  /**
   * After so many bytes of content were dealt with: lets others go on, if it is their turn. Work without content says
   * that it is.
   */
  after(bytes: number): Promise<void> | undefined;
}

export function createTurns(): Turns {
  let left = turnBytes;
  return {
    after(bytes) {
      left -= bytes === 0 ? turnBytes : Math.max(bytes, chunkBytes);
      if (left > 0) return undefined;
      left = turnBytes;
      return nextTurn();
    },
  };
}
