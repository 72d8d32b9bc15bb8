import { createHash } from "node:crypto";
import { nextTurn } from "@blob/core/concurrency";

import type { Archive } from "../../archive.js";
import type { SignalOptions } from "../../sources/byte-source.js";
import type { Entry } from "../../entry.js";
import { checkBoolean, checkOneOf, checkSignal, checkStrings } from "../../option-values.js";
import { isSameTime } from "../files/file-time.js";
import { placeOf } from "../walk/found-files.js";
import type { FilePlace } from "../walk/found-files.js";
import type { FilterOptions } from "../walk/path-filter.js";
import { openFoundFile } from "../create/read-large-file.js";
import { maxSmallFileBytes, readSmallFile } from "../walk/read-small-file.js";
import { SourceDirectories } from "../walk/source-directories.js";
import type { SourceRoot } from "../walk/source-directory.js";
import { beginWalk } from "../walk/walk.js";
import type { Listing } from "../walk/walk.js";
import type { SkippedFile, WalkOptions } from "../walk/walk-options.js";

/** Which files of a directory are compared, and how. */
export interface DiffDirectoryOptions extends SignalOptions, FilterOptions {
  /** As when the archive was created: `skip` (default), `follow` or `error`. */
  readonly symlinks?: WalkOptions["symlinks"];
  /**
   * Take files for the same that have the size and, to the microsecond, the modification time that the archive says,
   * without reading them. Default false.
   */
  readonly quick?: boolean | undefined;
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
}

/** Small files are read with sync calls; other work of the process gets a turn after this many: about 2 ms. */
const filesPerTurn = 64;

/**
 * Compares an archive with a directory: by size, then by hash. Nothing of the archive's data is read, and of the
 * directory only files that have the size that the archive says; nothing outside of it, as with `createArchive`.
 * `FileChanged`, `FileSystem`.
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
  checkBoolean("quick", options.quick);
  checkOneOf("symlinks", options.symlinks, ["skip", "follow", "error"]);
  for (const name of ["include", "exclude", "ignoreFiles"] as const) checkStrings(name, options[name]);
  checkSignal(options.signal);
  const listing = await beginWalk(directory, { ...options, anyTime: true });
  try {
    return await compare(archive, listing, options);
  } finally {
    await listing.close();
  }
}

async function compare(
  archive: Archive,
  listing: Listing,
  { signal, quick = false }: DiffDirectoryOptions,
): Promise<DirectoryDiff> {
  const { files, skipped } = await listing.end();
  const added: string[] = [];
  const changed: string[] = [];
  const reader = createContentComparer(listing.root, signal);
  const { paths, sizes, mtimes, farTimes } = files;
  try {
    for (const [row, path] of paths.entries()) {
      if (row % filesPerTurn === 0) await nextTurn();
      signal?.throwIfAborted();
      const entry = archive.entry(path);
      if (entry === undefined) {
        added.push(path);
        continue;
      }
      const same =
        entry.size === sizes[row] &&
        ((quick && !farTimes.has(row) && isSameTime(mtimes[row] ?? 0n, entry.mtimeNs)) ||
          (await reader.hasContent(placeOf(listing.root, files, row), entry)));
      if (!same) changed.push(path);
    }
    reader.check();
  } finally {
    reader.close();
  }
  const present = new Set(paths);
  const removed = Array.from(archive.entries(), ({ path }) => path).filter((path) => !present.has(path));
  return { added, removed, changed, skipped };
}

interface ContentComparer {
  hasContent(place: FilePlace, entry: Entry): Promise<boolean>;
  /** Throws when what was compared may not be below the root. */
  check(): void;
  close(): void;
}

function createContentComparer(root: SourceRoot, signal: AbortSignal | undefined): ContentComparer {
  const scratch = new Uint8Array(maxSmallFileBytes + 1);
  const sources = new SourceDirectories(root);
  return {
    async hasContent(place, { path, size, hash }) {
      if (size <= maxSmallFileBytes) {
        const location = sources.locate(place.directory, place.name, path);
        const { length } = readSmallFile(location, path, size, scratch, "none");
        const content = scratch.subarray(0, length);
        return Buffer.compare(createHash("sha256").update(content).digest(), hash) === 0;
      }
      const file = await openFoundFile(place, "none");
      try {
        await file.hashAll(signal);
        return Buffer.compare(file.digest().hash, hash) === 0;
      } finally {
        await file.close();
      }
    },
    check: () => sources.check(),
    close: () => sources.close(),
  };
}
