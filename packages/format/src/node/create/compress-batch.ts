import { hash } from "node:crypto";

import type { ZstdEncoder } from "../../zstd/codec.js";
import { frameRoom } from "./compress-frame.js";
import { openBatchSource } from "./batch-source.js";
import type { BatchFiles, BatchReader, BatchSource } from "./batch-source.js";
import { withFile } from "../zstd/frame-proof.js";
import { maxSmallFileBytes } from "../walk/read-small-file.js";
import type { ChangeDetection, FileFacts } from "../walk/read-small-file.js";

/** Small files that are to be read, hashed and compressed: in columns, which cost little to send to another thread. */
export interface FileBatch extends BatchFiles {
  readonly source: BatchSource;
  /** 1 where to try to compress. */
  readonly compress: Uint8Array;
}

export interface BatchOptions {
  readonly level: number;
  readonly changeDetection: ChangeDetection;
}

/** Files that were read, in columns, which cost nothing to send to another thread. Owns its buffers. */
export interface PackedBatch {
  /** The stored bytes one after another. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of each file's content, 32 bytes each. */
  readonly hashes: Uint8Array<ArrayBuffer>;
  readonly sizes: Float64Array<ArrayBuffer>;
  readonly storedSizes: Float64Array<ArrayBuffer>;
  /** 1 where the stored bytes are a zstd frame. */
  readonly compressed: Uint8Array<ArrayBuffer>;
  /** By position: of files that are not, or may not be, as they were listed. */
  readonly facts: ReadonlyMap<number, FileFacts>;
}

/** Turns batches of small files into stored bytes, on whichever thread it was made. */
export type BatchCompressor = (batch: FileBatch) => PackedBatch;

/** Keeps its buffers, so that a batch allocates nothing but its result. */
export function createBatchCompressor(
  encoder: ZstdEncoder | undefined,
  options: BatchOptions,
): BatchCompressor {
  const scratch = new Uint8Array(maxSmallFileBytes + 1);
  let packed = new Uint8Array(0);

  function compressBatch({ paths, compress }: FileBatch, reader: BatchReader): PackedBatch {
    const hashes = Buffer.from(new ArrayBuffer(32 * paths.length));
    const sizes = new Float64Array(paths.length);
    const storedSizes = new Float64Array(paths.length);
    const compressed = new Uint8Array(paths.length);
    const facts = new Map<number, FileFacts>();
    let end = 0;
    for (let index = 0; index < paths.length; index++) {
      const path = paths[index] ?? "";
      const { content, facts: newFacts } = reader.read(index);
      const { length } = content;
      if (newFacts !== undefined) facts.set(index, newFacts);
      hashes.write(hash("sha256", content, "hex"), 32 * index, "hex");
      if (end + frameRoom(length) > packed.length) packed = enlarge(packed, end + frameRoom(length));
      const frameSize =
        encoder !== undefined && compress[index] === 1 && length > 0
          ? compressTo(packed.subarray(end), content, path, encoder, options.level)
          : undefined;
      const isSmaller = frameSize !== undefined && frameSize < length;
      if (!isSmaller) packed.set(content, end);
      const storedSize = isSmaller ? frameSize : length;
      end += storedSize;
      sizes[index] = length;
      storedSizes[index] = storedSize;
      compressed[index] = isSmaller ? 1 : 0;
    }
    return { bytes: packed.slice(0, end), hashes, sizes, storedSizes, compressed, facts };
  }

  return (batch) => {
    const reader = openBatchSource(batch.source, batch, scratch, options.changeDetection);
    try {
      const result = compressBatch(batch, reader);
      reader.check();
      return result;
    } finally {
      reader.close();
    }
  };
}

/** Returns the size of the frame, which is there when it is smaller than the content. */
function compressTo(
  target: Uint8Array,
  content: Uint8Array,
  path: string,
  encoder: ZstdEncoder,
  level: number,
): number {
  try {
    const written = encoder.compressInto?.(target, content, level);
    if (written !== undefined) return written;
    const frame = encoder.compress(content, level);
    if (frame.length < content.length) target.set(frame);
    return frame.length;
  } catch (error) {
    throw withFile(error, path);
  }
}

function enlarge(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}
