import { hash } from "node:crypto";

import type { ZstdEncoder } from "../zstd/codec.js";
import { maxSmallFileBytes, readSmallFile } from "./read-small-file.js";
import type { ChangeDetection, FileFacts } from "./read-small-file.js";

/** A small file that is to be read, hashed and compressed. Plain data: it is sent to worker threads. */
export interface BatchFile {
  /** For messages. */
  readonly path: string;
  /** Where to read it. */
  readonly location: string;
  /** Expected size in bytes. */
  readonly size: number;
  /** Whether to try to compress it. */
  readonly compress: boolean;
}

export interface BatchOptions {
  readonly level: number;
  readonly changeDetection: ChangeDetection;
}

export interface PackedFile {
  readonly facts: FileFacts;
  readonly size: number;
  readonly storedSize: number;
  readonly compressed: boolean;
}

/** The stored bytes of a batch one after another, and the files' hashes, 32 bytes each. Owns its buffers. */
export interface PackedBatch {
  readonly files: readonly PackedFile[];
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly hashes: Uint8Array<ArrayBuffer>;
}

/** Turns batches of small files into stored bytes, on whichever thread it was made. */
export type BatchCompressor = (files: readonly BatchFile[], options: BatchOptions) => PackedBatch;

/** Keeps one scratch buffer, so that a batch allocates nothing but its result. */
export function createBatchCompressor(encoder: ZstdEncoder | undefined): BatchCompressor {
  const scratch = new Uint8Array(maxSmallFileBytes + 1);
  return (files, options) => {
    const packed: PackedFile[] = [];
    const hashes = Buffer.from(new ArrayBuffer(32 * files.length));
    let bytes = new Uint8Array(files.reduce((sum, file) => sum + file.size, 0));
    let end = 0;
    for (const [index, file] of files.entries()) {
      const { length, facts } = readSmallFile(file.location, file.path, scratch, options.changeDetection);
      const content = scratch.subarray(0, length);
      hashes.write(hash("sha256", content, "hex"), 32 * index, "hex");
      const frame = file.compress && length > 0 ? encoder?.compress(content, options.level) : undefined;
      const compressed = frame !== undefined && frame.length < length;
      const stored = compressed ? frame : content;
      // A file may have grown since it was listed.
      if (end + stored.length > bytes.length) bytes = enlarge(bytes, end + stored.length);
      bytes.set(stored, end);
      end += stored.length;
      packed.push({ facts, size: length, storedSize: stored.length, compressed });
    }
    return { files: packed, bytes: bytes.subarray(0, end), hashes };
  };
}

function enlarge(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}
