import { closeSync } from "node:fs";

import type { ZstdDecoder } from "../zstd/codec.js";
import { decodeWhole } from "./decode-whole.js";
import type { StoredFile } from "./decode-whole.js";
import { fileSystemError } from "./file-system-error.js";
import { createTemporaryFile, finishTemporaryFile, writeFully } from "./temporary-file.js";
import type { TemporaryFacts } from "./temporary-file.js";

/** A small file, where its stored bytes are, and where its content goes. Plain data: it is sent to worker threads. */
export interface ExtractBatchFile extends StoredFile {
  /** In the batch's bytes. */
  readonly from: number;
  readonly storedSize: number;
  /** For messages. */
  readonly target: string;
  /** A name that nobody knows; through a handle, which all threads of a process have. */
  readonly location: string;
  readonly facts: TemporaryFacts;
}

/** Files of one range. The bytes are shared by all batches of the range, and nobody writes to them. */
export interface ExtractBatch {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly files: readonly ExtractBatchFile[];
}

/** Verifies and writes files, and returns their inode numbers. None of them has its name yet. */
export function writeBatch(
  { bytes, files }: ExtractBatch,
  decoder: ZstdDecoder,
): BigUint64Array<ArrayBuffer> {
  return BigUint64Array.from(files, (file) => {
    // A copy of their own: not every library takes shared memory.
    const stored = bytes.slice(file.from, file.from + file.storedSize);
    return writeFile(file, decodeWhole(file, stored, decoder));
  });
}

function writeFile({ target, location, facts }: ExtractBatchFile, content: Uint8Array): bigint {
  let handle: number;
  try {
    handle = createTemporaryFile(location, facts);
  } catch (cause) {
    throw fileSystemError(cause, "create", target);
  }
  try {
    writeFully(handle, content);
    return finishTemporaryFile(handle, facts);
  } catch (cause) {
    throw fileSystemError(cause, "write", target);
  } finally {
    closeSync(handle);
  }
}
