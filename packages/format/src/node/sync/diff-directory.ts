import type { Archive } from "../../archive.js";
import type { SignalOptions } from "../../sources/byte-source.js";
import { checkBoolean, checkOneOf, checkSignal, checkStrings } from "../../option-values.js";
import { checkWorkers } from "../extract/extract-options.js";
import type { FilterOptions } from "../walk/path-filter.js";
import { beginWalk } from "../walk/walk.js";
import type { SkippedFile, WalkOptions } from "../walk/walk-options.js";
import { compareDirectory } from "./compare-directory.js";
import { hasPlace } from "./chunk-places.js";
import { transferSizeOf } from "../../transfer-size.js";

/** Which files of a directory are compared, and how. */
export interface DiffDirectoryOptions extends SignalOptions, FilterOptions {
  /** As when the archive was created: `skip` (default), `follow` or `error`. */
  readonly symlinks?: WalkOptions["symlinks"];
  /**
   * Take files for the same that have the size and, to the microsecond, the modification time that the archive says,
   * without reading them. Default false.
   */
  readonly quick?: boolean | undefined;
  /** Also tell how many bytes a sync would fetch, which takes looking for what is left of large files that changed. */
  readonly stat?: boolean | undefined;
  /** Threads that hash large files. 0 does all on this thread. Default: one for each core, when there is enough to do. */
  readonly workers?: number | undefined;
}

/** How a directory differs from an archive. Paths are archive paths, in the order of their bytes. */
export interface DirectoryDiff {
  /** In the directory only. */
  readonly added: readonly string[];
  /** In the archive only. */
  readonly removed: readonly string[];
  /** In both, with other content. Modes, owners and times are not compared. */
  readonly changed: readonly string[];
  /** In the directory, but nothing that an archive can have. */
  readonly skipped: readonly SkippedFile[];
  /**
   * With `stat`: the stored bytes that `syncDirectory` would fetch to make the directory as the archive is. Of large files
   * these are the chunks that the directory does not have.
   */
  readonly transferSize?: number | undefined;
}

/**
 * Compares an archive with a directory: by size, then by hash. Nothing of the archive's data is read, and of the
 * directory only files that have the size that the archive says; nothing outside of it, as with `createArchive`.
 *
 * A large file whose chunks the index describes is compared by the hashes of its chunks, on all cores, up to the first one
 * that differs: when all agree it counts as the same. For both, these and the hash of the whole file, the index vouches,
 * which whoever made the archive wrote from the same bytes.
 * `FileChanged`, `FileSystem`, `WorkerFailed`.
 *
 * @example
 * ```ts
 * const { added, removed, changed } = await diffDirectory(archive, "./site");
 * ```
 */
export async function diffDirectory(
  archive: Archive,
  directory: string,
  options: DiffDirectoryOptions = {},
): Promise<DirectoryDiff> {
  for (const name of ["quick", "stat"] as const) checkBoolean(name, options[name]);
  checkOneOf("symlinks", options.symlinks, ["skip", "follow", "error"]);
  for (const name of ["include", "exclude", "ignoreFiles"] as const) checkStrings(name, options[name]);
  checkWorkers(options.workers);
  checkSignal(options.signal);
  const { quick = false, stat = false, workers, signal } = options;
  const listing = await beginWalk(directory, { ...options, anyTime: true });
  try {
    const how = { quick, locate: stat, workers, signal };
    const { places, ...diff } = await compareDirectory(archive, listing, how);
    if (!stat) return diff;
    const paths = [...diff.changed, ...diff.removed];
    return { ...diff, transferSize: transferSizeOf(archive, paths, hasPlace(places)) };
  } finally {
    await listing.close();
  }
}
