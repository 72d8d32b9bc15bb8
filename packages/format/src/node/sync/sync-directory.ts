import { attributing } from "../../reading/archive-origin.js";
import { existsSync } from "node:fs";

import type { Archive } from "../../archive.js";
import { comparePaths } from "../../paths/compare-bytes.js";
import { compareDirectory } from "./compare-directory.js";
import { openDestination } from "../extract/destination.js";
import type { FactsNotKept } from "../extract/facts-not-kept.js";
import { checkExpendable } from "../extract/expendable.js";
import { extractInto } from "../extract/extract.js";
import { checkExtractOptions } from "../extract/extract-options.js";
import type { ExtractOptions } from "../extract/extract-options.js";
import { checkBoolean } from "../../option-values.js";
import { beginWalk } from "../walk/walk.js";
import { hasPlace } from "./chunk-places.js";
import type { ChunkPlaces } from "./chunk-places.js";
import { openPlaces } from "./open-places.js";
import { replaceAndRemove } from "./replace-and-remove.js";
import { transferSizeOf } from "../../transfer-size.js";
import { wantedTree } from "./wanted-tree.js";

/** How a directory is brought to the state of an archive. */
export interface SyncOptions extends Pick<
  ExtractOptions,
  | "preserveMode"
  | "preserveTimes"
  | "concurrency"
  | "readAheadBytes"
  | "maxRangeBytes"
  | "zstd"
  | "workers"
  | "contents"
  | "contentsBy"
  | "onProgress"
  | "signal"
> {
  /**
   * Also remove what the archive does not have: files, links (not what they lead to), special files and directories,
   * also those that are in the way. Last: when everything that is new was fetched and verified, and nothing when
   * something of that failed. Never in a file system root, the home directory, the current directory, or a directory
   * that these are in.
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
  /**
   * Stored bytes that were fetched, or would be. Of large files whose chunks the index describes these are the chunks that
   * the directory did not have. What a store of contents had, or an interrupted run left, is counted as if it were fetched.
   */
  readonly transferSize: number;
  /** Written files whose mode or time, which were to be preserved, the file system did not keep. */
  readonly notKept: readonly FactsNotKept[];
}

/**
 * Brings a directory, which is made when it does not exist, to the state of an archive: only files that are missing or
 * different are fetched, neighbours by one request; of large files whose chunks the index describes, only the chunks that
 * the directory does not have, in the file itself or in one that stays: the others are copied. Each file is replaced atomically once its content was verified, so
 * that a sync that was interrupted goes on when it is run again. Nothing is written or removed outside of the
 * directory, and no link in it is followed. Permission bits and modification times are the archive's, unless
 * `preserveMode` and `preserveTimes` are false. Contents decide what differs: of a file that has the archive's, whatever its
 * mode and time are, nothing is changed.
 *
 * `DestinationConflict` when something that is not a file, or not a directory, is in the way and `delete` is not set;
 * `InvalidArgument`; the errors of `diffDirectory` and `extractArchive`.
 *
 * @example
 * ```ts
 * const { written, deleted } = await syncDirectory(archive, "./site", { delete: true });
 * ```
 */
export async function syncDirectory(
  archive: Archive,
  directory: string,
  options: SyncOptions = {},
): Promise<SyncResult> {
  return attributing(archive, () => syncTo(archive, directory, options));
}

async function syncTo(archive: Archive, directory: string, options: SyncOptions): Promise<SyncResult> {
  checkExtractOptions(options);
  for (const name of ["delete", "dryRun", "quick"] as const) checkBoolean(name, options[name]);
  options.signal?.throwIfAborted();
  if (options.delete === true) checkExpendable(directory);
  const { written, places } = await missingOrDifferent(archive, directory, options);
  const result = {
    written,
    unchanged: archive.entryCount - written.length,
    size: written.reduce((sum, path) => sum + (archive.entry(path)?.size ?? 0), 0),
    transferSize: transferSizeOf(archive, written, hasPlace(places)),
  };
  if (options.dryRun === true) {
    return { ...result, deleted: options.delete === true ? find(archive, directory) : [], notKept: [] };
  }
  const how = { ...options, preserveTimes: options.preserveTimes ?? true, overwrite: true };
  const destination = openDestination(directory);
  try {
    const localChunks = openPlaces(destination, places);
    if (options.delete === true) {
      // What was opened, wherever links led to it.
      checkExpendable(destination.path);
      return {
        ...result,
        ...(await replaceAndRemove(archive, destination, written, { ...how, localChunks })),
      };
    }
    const { notKept } = await extractInto(archive, destination, { ...how, paths: written, localChunks });
    return { ...result, deleted: [], notKept };
  } finally {
    destination.close();
  }
}

async function missingOrDifferent(
  archive: Archive,
  directory: string,
  { quick = false, workers, signal }: SyncOptions,
): Promise<{ readonly written: readonly string[]; readonly places: ReadonlyMap<string, ChunkPlaces> }> {
  if (!existsSync(directory)) {
    return { written: Array.from(archive.entries(), ({ path }) => path), places: new Map() };
  }
  const listing = await beginWalk(directory, { anyTime: true, signal });
  try {
    const how = { quick, locate: true, workers, signal };
    const { changed, removed, places } = await compareDirectory(archive, listing, how);
    return { written: changed.concat(removed).toSorted(comparePaths), places };
  } finally {
    await listing.close();
  }
}

/** What would be removed. */
function find(archive: Archive, directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  const destination = openDestination(directory);
  try {
    return destination.prune(wantedTree(archive), { dryRun: true }).toSorted(comparePaths);
  } finally {
    destination.close();
  }
}
