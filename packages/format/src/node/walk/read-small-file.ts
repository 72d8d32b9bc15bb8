import { isSystemError } from "@blob/core/files";
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import type { BigIntStats } from "node:fs";

import { FormatError } from "../../errors.js";
import { fileSystemError } from "../files/file-system-error.js";

/** Whether a file that changes while it is read is an error. */
export type ChangeDetection = "none" | "strict";

/**
 * Files up to this size are read whole and stored as one frame; larger ones are cut into frames of this size, so
 * that memory is flat and several workers can compress one file. 4 MiB costs less than 0.1 % of compression.
 */
export const maxSmallFileBytes: number = 4 * 1024 * 1024;

/** What an entry needs to know about a file. */
export interface FileFacts {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
}

export function factsOf(stats: BigIntStats): FileFacts {
  return {
    mode: Number(stats.mode & 0o777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtimeNs: stats.mtimeNs,
  };
}

/**
 * Opens without following a link that took the file's place, and without waiting for a writer where it became a
 * FIFO. Both are flags that Windows lacks.
 */
export const readFlags: number =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The error for a file that is no longer what the listing of its directory said. */
export function fileChanged(path: string, what: string, cause?: unknown): FormatError {
  return new FormatError(
    "FileChanged",
    `${JSON.stringify(path)} ${what} while it was being archived; try again when nothing writes to it`,
    { path, cause },
  );
}

function notRegular(path: string, cause?: unknown): FormatError {
  return fileChanged(path, "stopped being a regular file", cause);
}

/** The error for a file that cannot be opened although it was listed a moment ago. */
export function openError(cause: unknown, path: string): FormatError {
  if (isSystemError(cause, "ENOENT", "ENOTDIR")) return fileChanged(path, "disappeared", cause);
  if (isSystemError(cause, "ELOOP", "ENXIO", "EISDIR", "EAGAIN")) return notRegular(path, cause);
  return fileSystemError(cause, "read", path);
}

/** Throws `FileChanged` unless both describe the same, unmodified, regular file. */
export function checkUnchanged(
  path: string,
  before: BigIntStats,
  after: BigIntStats,
  bytesRead: number,
): void {
  if (before.dev !== after.dev || before.ino !== after.ino) throw fileChanged(path, "was replaced");
  const same =
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs &&
    before.mode === after.mode &&
    after.size === BigInt(bytesRead);
  if (!same) throw fileChanged(path, "was modified");
}

/**
 * Reads a file of at most {@link maxSmallFileBytes} with sync calls into `scratch`, which is one byte larger than
 * that. For tens of thousands of small files this is five times as fast as promises, which is why batches of them
 * are read in slices of a few milliseconds, or in worker threads. A file that has the size that it had when it was
 * listed is not asked for its facts again, unless its changes are to be detected: then `facts` are the new ones.
 */
export function readSmallFile(
  location: string,
  path: string,
  listedSize: number,
  scratch: Uint8Array,
  changeDetection: ChangeDetection,
): { readonly length: number; readonly facts: FileFacts | undefined } {
  let handle: number;
  try {
    handle = openSync(location, readFlags);
  } catch (cause) {
    throw openError(cause, path);
  }
  try {
    if (changeDetection === "none") {
      const length = readToEnd(handle, path, listedSize, scratch);
      return { length, facts: length === listedSize ? undefined : factsOf(statFile(handle, path)) };
    }
    const stats = statFile(handle, path);
    const length = readToEnd(handle, path, Number(stats.size), scratch);
    checkUnchanged(path, stats, fstatSync(handle, { bigint: true }), length);
    checkUnchanged(path, stats, lstatSync(location, { bigint: true }), length);
    return { length, facts: factsOf(stats) };
  } catch (cause) {
    throw openError(cause, path);
  } finally {
    closeSync(handle);
  }
}

function statFile(handle: number, path: string): BigIntStats {
  const stats = fstatSync(handle, { bigint: true });
  if (!stats.isFile()) throw notRegular(path);
  return stats;
}

/**
 * What took a file's place may have just as many bytes. To ask each what it is takes half as long as to read it; but pipes,
 * sockets and terminals cannot be read from a place, and devices that can are empty or have whole blocks.
 */
function readToEnd(handle: number, path: string, expected: number, scratch: Uint8Array): number {
  if (expected >= scratch.length) throw fileChanged(path, "grew");
  let isSeekable = true;
  let length = 0;
  try {
    // One byte more than the file has: exactly `expected` bytes then mean its end, without another call.
    length = readSync(handle, scratch, 0, expected + 1, 0);
  } catch (cause) {
    if (!isSystemError(cause, "ESPIPE")) throw cause;
    // Some file systems have files that are read like pipes.
    statFile(handle, path);
    isSeekable = false;
  }
  // Pseudo files say that their size is 0, and files that somebody writes to may have become any size.
  let more = !isSeekable || length !== expected;
  while (more) {
    if (length === scratch.length) throw fileChanged(path, "grew");
    const read = readSync(handle, scratch, length, scratch.length - length, isSeekable ? length : null);
    length += read;
    more = read > 0;
  }
  if (length === expected && length % blockBytes === 0) statFile(handle, path);
  return length;
}

/** No block of a device is smaller. */
const blockBytes = 512;
