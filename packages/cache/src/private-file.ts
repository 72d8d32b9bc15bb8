import { constants } from "node:fs";
import type { Stats } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { CacheError } from "./errors.js";
import { hasCode, isMissing, isOurs } from "./private-directory.js";

export interface PrivateFile {
  /** To be closed by whoever asked for it. */
  readonly handle: FileHandle;
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
 * @throws CacheError `UnsafeFile` for anything else: it is not opened, or closed again, and stays where it is. Errors of
 * the file system as they are.
 */
export async function openPrivateFile(file: string, maxBytes: number): Promise<PrivateFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, flags);
  } catch (error) {
    if (isMissing(error)) return undefined;
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
    const bytes = new Uint8Array(stats.size);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
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
  if (hasCode(error, "ELOOP", "EMLINK", "ENXIO")) return "is not a regular file";
  return hasCode(error, "EPERM") ? "belongs to another user" : undefined;
}

function unsafe(file: string, problem: string, cause?: unknown): CacheError {
  return new CacheError("UnsafeFile", `${file} ${problem}: remove it`, { path: file, cause });
}
