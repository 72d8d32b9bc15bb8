import { constants } from "node:fs";
import type { Stats } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { isOurs } from "./private-directory.js";
import { readFileBeginning } from "./read-file-beginning.js";
import { isSystemError } from "./system-error.js";
import { UnsafeFileError } from "./unsafe-file-error.js";

/** A file that only we can have changed, open. */
export interface PrivateFile {
  /** To be closed by whoever asked for it. */
  readonly handle: FileHandle;
  /** As it was opened. */
  readonly stats: Stats;
}

const flags =
  constants.O_RDONLY |
  (constants.O_NOFOLLOW ?? 0) |
  // To open a pipe would wait for its other end.
  (constants.O_NONBLOCK ?? 0) |
  // The time of access is ours to set. Node leaves the flag undefined elsewhere than on Linux.
  (process.platform === "linux" ? constants.O_NOATIME : 0);

/**
 * Opens a regular file of ours, of no more than so many bytes, for reading; undefined when there is nothing. What is
 * looked at is what was opened: nothing can be put in its place between the look and the read.
 *
 * @throws UnsafeFileError `UnsafeFile` for anything else: it is not opened, or closed again, and stays where it is. Errors of
 * the file system as they are.
 */
export async function openPrivateFile(file: string, maxBytes: number): Promise<PrivateFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, flags);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    const problem = openingProblem(error);
    if (problem === undefined) throw error;
    throw unsafe(file, problem, error);
  }
  try {
    const stats = await handle.stat();
    const problem = fileProblem(stats, maxBytes);
    if (problem === undefined) return { handle, stats };
    throw unsafe(file, problem);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The bytes of such a file; undefined when there is none. @throws As {@link openPrivateFile} does. */
export async function readPrivateFile(file: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const opened = await openPrivateFile(file, maxBytes);
  if (opened === undefined) return undefined;
  const { handle, stats } = opened;
  try {
    // Not more than was looked at: it may grow meanwhile.
    return (await readFileBeginning(handle, stats.size)).bytes;
  } finally {
    await handle.close();
  }
}

function fileProblem(stats: Stats, maxBytes: number): string | undefined {
  if (!stats.isFile()) return "is not a regular file";
  if (!isOurs(stats)) return "belongs to another user";
  return stats.size > maxBytes ? `has more than ${String(maxBytes)} bytes` : undefined;
}

function openingProblem(error: unknown): string | undefined {
  // What the flags refuse: FreeBSD has a code of its own for links.
  if (isSystemError(error, "ELOOP", "EMLINK", "ENXIO")) return "is not a regular file";
  return isSystemError(error, "EPERM") ? "belongs to another user" : undefined;
}

function unsafe(file: string, problem: string, cause?: unknown): UnsafeFileError {
  return new UnsafeFileError("UnsafeFile", `${file} ${problem}: remove it`, { path: file, cause });
}
