import { hash } from "node:crypto";

import type { ZstdEncoder } from "../zstd/codec.js";
import { maxSmallFileBytes, readSmallFile } from "./read-small-file.js";
import type { ChangeDetection, FileFacts } from "./read-small-file.js";

/** A small file that is to be read, hashed and compressed. Plain data: it is sent to worker threads. */
export interface BatchFile {
  /** For messages. */
  readonly path: string;
  /** Where to read it, below the root. */
  readonly source: string;
  /** Expected size in bytes. */
  readonly size: number;
  /** Whether to try to compress it. */
  readonly compress: boolean;
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

/** Turns batches of small files below `root` into stored bytes, on whichever thread it was made. */
export type BatchCompressor = (root: string, files: readonly BatchFile[]) => PackedBatch;

/** Keeps one scratch buffer, so that a batch allocates nothing but its result. */
export function createBatchCompressor(
  encoder: ZstdEncoder | undefined,
  options: BatchOptions,
): BatchCompressor {
  const scratch = new Uint8Array(maxSmallFileBytes + 1);
  return (root, files) => {
    const hashes = Buffer.from(new ArrayBuffer(32 * files.length));
    const sizes = new Float64Array(files.length);
    const storedSizes = new Float64Array(files.length);
    const compressed = new Uint8Array(files.length);
    const facts = new Map<number, FileFacts>();
    let bytes = new Uint8Array(files.reduce((sum, file) => sum + file.size, 0));
    let end = 0;
    for (const [index, { path, source, size, compress }] of files.entries()) {
      const location = `${root}/${source}`;
      const { length, facts: newFacts } = readSmallFile(
        location,
        path,
        size,
        scratch,
        options.changeDetection,
      );
      if (newFacts !== undefined) facts.set(index, newFacts);
      const content = scratch.subarray(0, length);
      hashes.write(hash("sha256", content, "hex"), 32 * index, "hex");
      const frame = compress && length > 0 ? encoder?.compress(content, options.level) : undefined;
      const isSmaller = frame !== undefined && frame.length < length;
      const stored = isSmaller ? frame : content;
      // A file may have grown since it was listed.
      if (end + stored.length > bytes.length) bytes = enlarge(bytes, end + stored.length);
      bytes.set(stored, end);
      end += stored.length;
      sizes[index] = length;
      storedSizes[index] = stored.length;
      compressed[index] = isSmaller ? 1 : 0;
    }
    return { bytes: bytes.subarray(0, end), hashes, sizes, storedSizes, compressed, facts };
  };
}

function enlarge(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}
