import { untilAborted } from "@blob/core/abort";

import { createTurns } from "../zstd/turns.js";
import { FormatError } from "../errors.js";
import { invalidTar } from "./tar-error.js";

/** Reads a stream in pieces of sizes that its reader chooses. */
export interface BlockReader {
  /** Exactly so many bytes, which are the caller's; nothing at the end of the stream. `InvalidTar` when it ends within. */
  take(size: number): Promise<Uint8Array | undefined>;
  /** The next bytes as they come, so many at most; nothing at the end of the stream. */
  some(size: number): Promise<Uint8Array | undefined>;
  /** Passes over so many bytes. `InvalidTar` when there are fewer. */
  skip(size: number): Promise<void>;
  /** Frees what the stream holds. */
  close(): Promise<void>;
}

export interface BlockReaderOptions {
  /** More bytes than this are a `SizeExceeded` error. */
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

export function createBlockReader(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes, signal }: BlockReaderOptions,
): BlockReader {
  const iterator = chunks[Symbol.asyncIterator]();
  const turns = createTurns();
  let current: Uint8Array = new Uint8Array(0);
  let total = 0;
  let isOver = false;

  async function some(size: number): Promise<Uint8Array | undefined> {
    while (current.length === 0) {
      if (isOver) return undefined;
      signal?.throwIfAborted();
      const next = await untilAborted(iterator.next(), signal);
      if (next.done === true) {
        isOver = true;
        return undefined;
      }
      current = next.value;
      total += current.length;
      if (total > maxBytes) {
        throw new FormatError(
          "SizeExceeded",
          `The tar stream has more than the limit of ${maxBytes} bytes; raise maxBytes if that is meant`,
        );
      }
      await turns.after(current.length);
    }
    const piece = current.subarray(0, size);
    current = current.subarray(piece.length);
    return piece;
  }

  return {
    some,
    async take(size) {
      const whole = new Uint8Array(size);
      let at = 0;
      while (at < size) {
        const piece = await some(size - at);
        if (piece === undefined && at === 0) return undefined;
        if (piece === undefined) throw truncated();
        whole.set(piece, at);
        at += piece.length;
      }
      return whole;
    },
    async skip(size) {
      let left = size;
      while (left > 0) {
        const piece = await some(left);
        if (piece === undefined) throw truncated();
        left -= piece.length;
      }
    },
    async close() {
      if (isOver) return;
      isOver = true;
      current = new Uint8Array(0);
      // A source that does not answer must not keep whoever has stopped waiting for it.
      const closing = iterator.return?.();
      if (signal?.aborted === true) void Promise.resolve(closing).catch(() => undefined);
      else await closing;
    },
  };
}

export function truncated(): FormatError {
  return invalidTar("ends early: it was cut off");
}
