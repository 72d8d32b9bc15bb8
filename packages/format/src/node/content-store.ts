import type { SignalOptions } from "../byte-source.js";

/** How a file gets content that is kept already. */
export type ContentsBy = "copy" | "clone" | "link";

/**
 * Contents of files by their SHA-256, kept from earlier: a cache. The interface is structural; the content cache of
 * `@blob/cache` is one. What it cannot do counts as missing: it throws nothing but an aborted signal's reason.
 */
export interface ContentStore {
  /** Makes a file with this content where there is none; true when it is there and its bytes were verified. */
  writeTo(
    hash: Uint8Array,
    file: string,
    options?: SignalOptions & { readonly by?: ContentsBy | undefined },
  ): Promise<boolean>;
  /** Keeps content that has this hash. */
  put(hash: Uint8Array, body: Iterable<Uint8Array>, options?: SignalOptions): Promise<void>;
}
