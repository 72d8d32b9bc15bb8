/** Hears what a cache does: for statistics, and to warn of a cache that does not work. Its methods must not throw. */
export interface CacheObserver {
  /** Something was found, and verified; `bytes` of it came out of the cache. */
  hit(bytes: number): void;
  /** Something was looked up and not found, or what was found could not be used (then `failure` is told as well). */
  miss(): void;
  /** The store failed, or what it had was wrong. For the reader it was a miss. */
  failure(error: unknown): void;
}

/** Options of every cache. */
export interface CacheOptions {
  /** Told about every hit, miss and failure. Default: none. */
  readonly observer?: CacheObserver | undefined;
}

export const unobserved: CacheObserver = {
  hit: () => undefined,
  miss: () => undefined,
  failure: () => undefined,
};

/**
 * What the work gives, or undefined when it fails: a cache costs or saves time, and nothing else. An aborted signal is
 * still thrown.
 */
export async function attempt<T>(
  work: () => Promise<T>,
  observer: CacheObserver,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    observer.failure(error);
    return undefined;
  }
}
