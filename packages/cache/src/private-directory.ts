import type { Stats } from "node:fs";
import { lstat, mkdir } from "node:fs/promises";
import { CacheError } from "./errors.js";

/** Whether a file of the cache belongs to whoever runs this. */
export function isOurs(stats: Stats): boolean {
  const user = process.geteuid?.();
  return user === undefined || stats.uid === user;
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
    if (isMissing(error)) return false;
    throw error;
  }
  const problem = !stats.isDirectory()
    ? "is not a directory: move it away"
    : !isOurs(stats)
      ? "belongs to another user: choose another cache directory"
      : process.platform !== "win32" && (stats.mode & 0o022) !== 0
        ? "can be changed by other users: take their permission to write away"
        : undefined;
  if (problem === undefined) return true;
  throw new CacheError("UnsafeDirectory", `${directory} ${problem}`, { path: directory });
}

/** Makes sure that there is such a directory. */
export async function makePrivateDirectory(directory: string): Promise<void> {
  if (await isPrivateDirectory(directory)) return;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await isPrivateDirectory(directory);
}

export function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT");
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return (
    error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code)
  );
}
