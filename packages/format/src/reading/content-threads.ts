import type { SignalOptions } from "../sources/byte-source.js";
import type { Entry } from "../entry.js";

/**
 * Decompresses and verifies stored bytes on a thread. The bytes are transferred to it and cannot be used afterwards.
 */
export type DecodeOnThread = (
  stored: Uint8Array,
  entry: Entry,
  options: SignalOptions & { readonly maxDecoderBytes: number },
) => Promise<Uint8Array>;

/**
 * Threads that decompress and verify whole files, so that many concurrent reads neither block the calling thread nor
 * share one core. Made by `createContentThreads` of `@blob/format/node`.
 */
export interface ContentThreads {
  /**
   * Runs `work`, the read of a whole file or chunk of `size` bytes, and passes it a function that decodes on a thread; or
   * undefined, if it should decode by itself, as for small files, where a message to a thread would cost more.
   */
  read(size: number, work: (decode: DecodeOnThread | undefined) => Promise<Uint8Array>): Promise<Uint8Array>;
}
