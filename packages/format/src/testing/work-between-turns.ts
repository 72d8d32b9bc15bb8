import { nextTurn } from "@blob/core/concurrency";

import type { ZstdDecoder, ZstdFrameDecoder } from "../zstd/codec.js";
import { createZstdDecoder } from "../zstd/decoder.js";

/** Work of a decoder. */
export interface DecoderWork {
  /** Bytes of content that came out. */
  readonly content: number;
  /** Headers and blocks, of whole frames at least two. */
  readonly pieces: number;
}

export interface WatchedDecoder {
  readonly decoder: ZstdDecoder;
  /**
   * Does something with the decoder, and returns the most that was done while nobody else had a turn, and how it failed
   * if it did.
   */
  readonly most: (work: () => Promise<unknown>) => Promise<DecoderWork & { readonly error?: unknown }>;
}

/** Counts what a library does between two turns of the event loop: what others have to wait for. */
export function watchDecoder(frames: ZstdFrameDecoder): WatchedDecoder {
  let content = 0;
  let pieces = 0;
  let most: DecoderWork = { content: 0, pieces: 0 };
  const note = (moreContent: number, morePieces: number): void => {
    content += moreContent;
    pieces += morePieces;
    most = { content: Math.max(most.content, content), pieces: Math.max(most.pieces, pieces) };
  };
  const decoder = createZstdDecoder({
    name: frames.name,
    decodeFrame(frame, header, maxBytes) {
      const whole = frames.decodeFrame(frame, header, maxBytes);
      note(whole.length, 2);
      return whole;
    },
    startFrame(header, maxBytes) {
      const stream = frames.startFrame(header, maxBytes);
      return {
        *push(piece) {
          note(0, 1);
          for (const chunk of stream.push(piece)) {
            note(chunk.length, 0);
            yield chunk;
          }
        },
        close: () => stream.close?.(),
      };
    },
  });
  return {
    decoder,
    async most(work) {
      most = { content: 0, pieces: 0 };
      const state = { isDone: false };
      let error: unknown;
      const working = work()
        .catch((reason: unknown) => {
          error = reason;
        })
        .finally(() => {
          state.isDone = true;
        });
      while (!state.isDone) {
        content = 0;
        pieces = 0;
        await nextTurn();
      }
      await working;
      return error === undefined ? most : { ...most, error };
    },
  };
}
