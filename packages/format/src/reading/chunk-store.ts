import type { ByteSource, SignalOptions } from "../sources/byte-source.js";

/**
 * Keeps the contents of chunks under their hashes, for all archives that have them. `ContentCache` of `@blob/cache` is one.
 * Failures are its own affair: what it cannot give it does not have.
 */
export interface ChunkStore {
  /**
   * The content with this SHA-256, which belongs to the caller; `undefined` when it is not there or has more than `maxBytes`.
   * It is believed: a store verifies what it gives.
   */
  get(
    hash: Uint8Array,
    options: SignalOptions & { readonly maxBytes: number },
  ): Promise<Uint8Array | undefined>;
  /** Keeps verified content, or does not. Nobody waits for it. */
  put(hash: Uint8Array, content: Iterable<Uint8Array>): Promise<void>;
}

/** How the chunks of large files are read. */
export interface ChunkAccess {
  /**
   * Where chunks are kept beside the few that are in memory (`limits.maxKeptBytes`). It is asked for the chunks of reads of
   * up to 16 MiB, before they are fetched, and given them after they were verified; files of up to 16 MiB that are read
   * whole are then read by their chunks, too. Larger reads are one request, and neither ask nor fill it: they would push
   * out what many small reads need.
   */
  readonly store?: ChunkStore | undefined;
  /**
   * Where the stored bytes of chunks are read from: for archives whose `data` goes through a cache of its own, which would
   * keep them a second time. The same content as `data`, which is the default.
   */
  readonly data?: ByteSource | undefined;
}
