import { existsSync } from "node:fs";

import type { Archive } from "../archive.js";
import { comparePaths } from "../compare-bytes.js";
import { diffDirectory } from "./diff-directory.js";
import { openDestination } from "./destination.js";
import { checkExpendable, extractArchive } from "./extract.js";
import type { ExtractOptions } from "./extract.js";

export interface SyncOptions extends Pick<
  ExtractOptions,
  | "preserveMode"
  | "preserveTimes"
  | "concurrency"
  | "readAheadBytes"
  | "maxRangeBytes"
  | "decoder"
  | "workers"
  | "contents"
  | "contentsBy"
  | "onProgress"
  | "signal"
> {
  /**
   * Also remove what the archive does not have: files, links (not what they lead to), special files and directories,
   * also those that are in the way. Never in a file system root or a directory that has the home directory in it.
   */
  readonly delete?: boolean | undefined;
  /** Change nothing; say what would be done. */
  readonly dryRun?: boolean | undefined;
  /**
   * Take files for the same that have the size and modification time that the archive says, without reading them: for
   * directories that only `sync` writes to. Default false: their hashes are compared.
   */
  readonly quick?: boolean | undefined;
}

/** What was done, or would be. Paths are archive paths. */
export interface SyncResult {
  /** Files that were missing or different, in the order of their paths' bytes. */
  readonly written: readonly string[];
  /** Files and links that were removed. */
  readonly deleted: readonly string[];
  /** How many files were as they should be. */
  readonly unchanged: number;
  /** Sum of the sizes of the files that were written, in bytes. */
  readonly size: number;
}

/**
 * Brings a directory, which is made when it does not exist, to the state of an archive: only files that are missing or
 * different are fetched, neighbours by one request. Each file is replaced atomically once its content was verified, so
 * that a sync that was interrupted goes on when it is run again. Nothing is written or removed outside of the
 * directory, and no link in it is followed. Modification times are the archive's unless `preserveTimes` is false.
 *
 * `DestinationConflict` when something that is not a file, or not a directory, is in the way and `delete` is not set;
 * `InvalidArgument`; the errors of `diffDirectory` and `extractArchive`.
 */
export async function syncDirectory(
  archive: Archive,
  directory: string,
  options: SyncOptions = {},
): Promise<SyncResult> {
  const { dryRun = false } = options;
  options.signal?.throwIfAborted();
  if (options.delete === true) checkExpendable(directory);
  const written = await missingOrDifferent(archive, directory, options);
  const deleted = options.delete === true ? prune(archive, directory, dryRun) : [];
  if (!dryRun) {
    await extractArchive(archive, directory, {
      ...options,
      preserveTimes: options.preserveTimes ?? true,
      paths: written,
      overwrite: true,
    });
  }
  return {
    written,
    deleted,
    unchanged: archive.entryCount - written.length,
    size: written.reduce((sum, path) => sum + (archive.entry(path)?.size ?? 0), 0),
  };
}

async function missingOrDifferent(
  archive: Archive,
  directory: string,
  { quick, signal }: SyncOptions,
): Promise<readonly string[]> {
  if (!existsSync(directory)) return Array.from(archive.entries(), ({ path }) => path);
  const { changed, removed } = await diffDirectory(archive, directory, { quick, signal });
  return [...changed, ...removed].toSorted(comparePaths);
}

/** Before anything is written: what has to go may be in the way, or be the same name to the file system. */
function prune(archive: Archive, directory: string, dryRun: boolean): readonly string[] {
  if (!existsSync(directory)) return [];
  const destination = openDestination(directory);
  try {
    return destination.prune((path) => archive.stat(path)?.kind, { dryRun }).toSorted(comparePaths);
  } finally {
    destination.close();
  }
}
