/** Options of every store call. */
export interface StoreOptions {
  /** Ends the call by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Something that a store holds. */
export interface CacheEntry {
  /** The key that it was put under. */
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** When it was last opened or put, in milliseconds since the epoch: the least recently used goes first. */
  readonly usedAt: number;
}

/** An open entry. What it reads does not change, even when the entry is replaced or deleted meanwhile. */
export interface CacheReader {
  /** The whole entry's, in bytes. */
  readonly size: number;
  /** The bytes, or a range of them. May be called more than once before `close`. */
  read(range?: { readonly offset: number; readonly length: number }): AsyncIterable<Uint8Array>;
  /**
   * Releases what the entry holds open, such as a file. To be called once by whoever opened it, also after an error;
   * nothing may be read afterwards.
   */
  close(): Promise<void>;
}

/**
 * Keeps bytes under keys, for a while. A store promises little: it may forget anything at any time, and it does not
 * verify what it returns (the caches over it do). But an entry appears whole or not at all.
 */
export interface CacheStore {
  /** Undefined when the store does not have the key. Marks the entry as used. */
  open(key: string, options?: StoreOptions): Promise<CacheReader | undefined>;
  /** Keeps the bytes, replacing what was there. Bytes of an iteration that throws are dropped. */
  put(
    key: string,
    body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    options?: StoreOptions,
  ): Promise<void>;
  /** Whether there was something to delete. */
  delete(key: string, options?: StoreOptions): Promise<boolean>;
  /**
   * Everything that the store holds, lazily and in no particular order. What is put or deleted meanwhile may or may not
   * be among it. Does not mark entries as used.
   */
  entries(options?: StoreOptions): AsyncIterable<CacheEntry>;
}
