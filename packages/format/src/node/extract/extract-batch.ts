import { closeSync } from "node:fs";

import type { ZstdDecoder } from "../../zstd/codec.js";
import { decodeWhole } from "../read/decode-whole.js";
import type { StoredFile } from "../read/decode-whole.js";
import { fileSystemError } from "../files/file-system-error.js";
import { createTemporaryFile, finishTemporaryFile, writeFully } from "../files/temporary-file.js";
import type { FinishedFile, TemporaryFacts } from "../files/temporary-file.js";

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

/** Files that were written, in columns, which cost little to send between threads. */
export interface WrittenBatch {
  readonly inodes: BigUint64Array<ArrayBuffer>;
  /** See `LostFacts`. */
  readonly lost: Uint8Array<ArrayBuffer>;
}

/** Verifies and writes files. None of them has its name yet. */
export function writeBatch({ bytes, files }: ExtractBatch, decoder: ZstdDecoder): WrittenBatch {
  const inodes = new BigUint64Array(files.length);
  const lost = new Uint8Array(files.length);
  for (const [index, file] of files.entries()) {
    // A copy of their own: not every library takes shared memory.
    const stored = bytes.slice(file.from, file.from + file.storedSize);
    const finished = writeFile(file, decodeWhole(file, stored, decoder));
    inodes[index] = finished.ino;
    lost[index] = finished.lost;
  }
  return { inodes, lost };
}

function writeFile({ target, location, facts }: ExtractBatchFile, content: Uint8Array): FinishedFile {
  let handle: number;
  try {
    handle = createTemporaryFile(location, facts);
  } catch (cause) {
    throw fileSystemError(cause, "create", target);
  }
  let isOpen = true;
  try {
    writeFully(handle, content);
    const finished = finishTemporaryFile(handle, facts);
    isOpen = false;
    // Some file systems only say here that there was no room.
    closeSync(handle);
    return finished;
  } catch (cause) {
    if (isOpen) closeSync(handle);
    throw fileSystemError(cause, "write", target);
  }
}
