/** A stretch of bytes: `length` bytes from `offset` on. Both are non-negative safe integers. */
export interface ByteRange {
  /** The first byte. */
  readonly offset: number;
  /** How many bytes. */
  readonly length: number;
}

/** Options of every call that may take a while. */
export interface SignalOptions {
  /** Stops the work; the call then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Random access to immutable bytes: a file, a buffer, an HTTP resource, a blob in a registry, or a cached view of one
 * of these. The interface is structural: an object of this shape is a source, without an import.
 *
 * `read` is lazy: nothing happens before the first chunk is asked for. The iterable can be used once, ends after
 * exactly `range.length` bytes or throws, and leaving it early (`break`) frees what it holds. Chunks belong to the
 * consumer. A source does not verify content: the archive does, against the hashes in its index.
 */
export interface ByteSource {
  /** Names the content, not the place: two sources with the same id have the same bytes. Used as a cache key. */
  readonly id: string;
  /** The length of the whole content in bytes. */
  readonly size: number;
  /** The bytes of a range that lies inside of the content. */
  read(range: ByteRange, options?: SignalOptions): AsyncIterable<Uint8Array>;
}
