import type { SignalOptions } from "../../sources/byte-source.js";

/** How a file gets content that is kept already. */
export type ContentsBy = "copy" | "clone" | "link";

/**
 * Contents of files by their SHA-256, kept from earlier: a cache. The interface is structural; the content cache of
 * `@blob/cache` is one. What it hands out has that hash: it is not hashed again. What it cannot do counts as missing: it
 * throws nothing but an aborted signal's reason.
 */
export interface ContentStore {
  /** The whole content in memory; nothing when it is larger than `maxBytes`. */
  get(
    hash: Uint8Array,
    options: SignalOptions & { readonly maxBytes: number },
  ): Promise<Uint8Array | undefined>;
  /** For content that is too large for memory. Whoever opens it closes it. */
  open(hash: Uint8Array, options: SignalOptions): Promise<StoredContent | undefined>;
  /** Makes a file with this content where there is none; true when it is there and its bytes were verified. */
  writeTo(
    hash: Uint8Array,
    file: string,
    options?: SignalOptions & { readonly by?: ContentsBy | undefined },
  ): Promise<boolean>;
  /** Keeps content that has this hash. A body that throws is no error. */
  put(hash: Uint8Array, body: AsyncIterable<Uint8Array>, options?: SignalOptions): Promise<void>;
}

/** Content in a store. */
export interface StoredContent {
  /** In bytes. */
  readonly size: number;
  /** Throws instead of ending when the content changed since it was opened. */
  read(options?: SignalOptions): AsyncIterable<Uint8Array>;
  /** Releases what the content holds open. Called once by whoever opened it, also after an error. */
  close(): Promise<void>;
}
