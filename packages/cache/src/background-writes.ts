/** Writes that nobody waits for. */
export interface BackgroundWrites {
  /**
   * Starts a write of so many bytes, which must not reject; undefined, and nothing is done, when too much is on its way
   * already: a store that is slower than the sources must not fill the memory.
   */
  start(bytes: number, write: () => Promise<unknown>): Promise<unknown> | undefined;
  /** Resolves when nothing is on its way any more. */
  flush(): Promise<void>;
}

export function createBackgroundWrites(maxUnwrittenBytes: number): BackgroundWrites {
  const unwritten = new Set<Promise<unknown>>();
  let unwrittenBytes = 0;
  return {
    start(bytes, write) {
      if (unwrittenBytes + bytes > maxUnwrittenBytes) return undefined;
      unwrittenBytes += bytes;
      const writing = write().finally(() => {
        unwrittenBytes -= bytes;
        unwritten.delete(writing);
      });
      unwritten.add(writing);
      return writing;
    },
    async flush() {
      while (unwritten.size > 0) await Promise.all(unwritten);
    },
  };
}
