import { nextTurn } from "@blob/core/concurrency";

import type { ZstdEncoder } from "../../zstd/codec.js";
import { createBatchCompressor } from "./compress-batch.js";
import { createFrameCompressor } from "./compress-frame.js";
import type { BatchOptions, FileBatch, PackedBatch } from "./file-batch.js";

/**
 * Where files become stored bytes: on this thread, or in workers. Both run the same code with the same codec, so
 * that an archive's bytes do not depend on the number of workers.
 */
export interface CompressStage {
  /** How many calls should be under way to keep it busy. Memory is proportional to it. */
  readonly width: number;
  /** Reads, hashes and compresses small files. */
  batch(batch: FileBatch): Promise<PackedBatch>;
  /** Compresses a part of a large file into one frame. The chunk is the stage's from then on. */
  frame(chunk: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Compresses on this thread, with a turn for other work of the process after each call. */
export function createInlineStage(encoder: ZstdEncoder | undefined, options: BatchOptions): CompressStage {
  const compressBatch = createBatchCompressor(encoder, options);
  const compressFrame = encoder === undefined ? undefined : createFrameCompressor(encoder, options.level);
  return {
    width: 1,
    async batch(batch) {
      await nextTurn();
      return compressBatch(batch);
    },
    async frame(chunk) {
      await nextTurn();
      return compressFrame === undefined ? chunk : compressFrame(chunk);
    },
    close: () => Promise.resolve(),
  };
}
