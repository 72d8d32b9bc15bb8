import type { StoreOptions } from "./cache-store.js";

/** Random access to immutable bytes: the `ByteSource` of `@blob/format`, which need not be imported. */
export interface BlockSource {
  /**
   * Names the content: whatever has the same id is taken to have the same bytes. A digest will do when what is read is
   * verified against it. Ranges are not: then the id also has to say where they come from, and who vouches for that.
   */
  readonly id: string;
  /** In bytes. */
  readonly size: number;
  /** Lazy; used once; exactly `length` bytes, or it throws. Chunks belong to the consumer. */
  read(
    range: { readonly offset: number; readonly length: number },
    options?: StoreOptions,
  ): AsyncIterable<Uint8Array>;
}
