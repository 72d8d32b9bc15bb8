import type { Stats } from "node:fs";
import { lstat, mkdir } from "node:fs/promises";
import { isSystemError } from "./system-error.js";
import { UnsafeFileError } from "./unsafe-file-error.js";

/** Whether a file belongs to whoever runs this. */
export function isOurs(stats: Stats): boolean {
  const user = process.geteuid?.();
  return user === undefined || stats.uid === user;
}

/** Whether users other than its owner may write; Windows has permission bits that mean nothing. */
export function isOpenToOthers({ mode }: Pick<Stats, "mode">): boolean {
  return process.platform !== "win32" && (mode & 0o022) !== 0;
}

/** Why something (as `lstat` sees it) is no directory that only we can change, and what to do; undefined when it is one. */
export function directoryProblem(stats: Stats): string | undefined {
  if (!stats.isDirectory()) return "is not a directory: move it away";
  if (!isOurs(stats)) return "belongs to another user: choose another directory";
  return isOpenToOthers(stats)
    ? "can be changed by other users: take their permission to write away"
    : undefined;
}

/**
 * Whether there is a directory that only we can change; false when there is nothing. A link, or a directory of somebody
 * else, could lead anywhere: that is an `UnsafeDirectory`.
 */
export async function isPrivateDirectory(directory: string): Promise<boolean> {
  let stats: Stats;
  try {
    stats = await lstat(directory);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return false;
    throw error;
  }
  const problem = directoryProblem(stats);
  if (problem === undefined) return true;
  throw new UnsafeFileError("UnsafeDirectory", `${directory} ${problem}`, { path: directory });
}

/**
 * Makes sure that there is a directory that only we can change; what is missing above it is made as well, for us alone.
 *
 * @throws UnsafeFileError `UnsafeDirectory` for a link, a file, a directory of somebody else, or one that others may write to;
 * errors of the file system as they are.
 */
export async function makePrivateDirectory(directory: string): Promise<void> {
  if (await isPrivateDirectory(directory)) return;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await isPrivateDirectory(directory);
}
