import type { SignalOptions } from "../sources/byte-source.js";
import type { Entry } from "../entry.js";

/** Decompresses stored bytes, which are given away, and verifies what they hold. */
export type DecodeOnThread = (
  stored: Uint8Array,
  entry: Entry,
  options: SignalOptions & { readonly maxDecoderBytes: number },
) => Promise<Uint8Array>;

/**
 * Threads that decompress and verify whole files, so that many reads at once neither block the thread that asks for them
 * nor wait for one core. Made by `createContentThreads` of `@blob/format/node`.
 */
export interface ContentThreads {
  /**
   * Runs the read of a whole file of so many bytes, and tells it how to decode on a thread. Nothing when it is to do that
   * itself: what is small costs less than a message.
   */
  read(size: number, work: (decode: DecodeOnThread | undefined) => Promise<Uint8Array>): Promise<Uint8Array>;
}
