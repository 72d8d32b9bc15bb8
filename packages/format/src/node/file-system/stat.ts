import { constants } from "node:fs";

import type { Archive } from "../../archive.js";
import { findPath } from "./archive-paths.js";
import { ArchiveBigIntStats, ArchiveStats } from "./archive-stats.js";
import { argumentError, nodeError } from "./node-error.js";

/** Options of `stat`. */
export interface StatOptions {
  /** Numbers as bigints, with times in nanoseconds. */
  readonly bigint?: boolean | undefined;
}

/** `stat` and `lstat`: there are no links. `ENOENT`, `ENOTDIR`. */
export function statPath(
  archive: Archive,
  path: unknown,
  syscall: "stat" | "lstat",
  options: StatOptions | null | undefined,
): ArchiveStats | ArchiveBigIntStats {
  const { found } = findPath(archive, path, syscall);
  return options?.bigint === true ? new ArchiveBigIntStats(found) : new ArchiveStats(found);
}

/** `access`: everything may be read, nothing written, and executed what says so. `ENOENT`, `ENOTDIR`, `EROFS`, `EACCES`. */
export function checkAccess(archive: Archive, path: unknown, mode: unknown): void {
  const { given, found } = findPath(archive, path, "access");
  if (mode !== undefined && typeof mode !== "number") throw argumentError("mode", "a number", mode);
  const wanted = mode ?? constants.F_OK;
  if ((wanted & constants.W_OK) !== 0) throw nodeError("EROFS", "access", given);
  const isExecutable = found.kind === "directory" || (found.entry.mode & 0o111) !== 0;
  if ((wanted & constants.X_OK) !== 0 && !isExecutable) throw nodeError("EACCES", "access", given);
}

/** `realpath`: absolute. `ENOENT`, `ENOTDIR`. */
export function realPathOf(archive: Archive, path: unknown): string {
  return findPath(archive, path, "realpath").absolute;
}

/** `readlink`: nothing is a link. `EINVAL`, `ENOENT`, `ENOTDIR`. */
export function readLink(archive: Archive, path: unknown): never {
  throw nodeError("EINVAL", "readlink", findPath(archive, path, "readlink").given);
}
