import { createHash } from "node:crypto";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import type { Archive } from "../archive.js";
import type { SignalOptions } from "../byte-source.js";
import type { Entry } from "../entry.js";
import { isSameTime } from "./file-time.js";
import type { FilterOptions } from "./path-filter.js";
import { openLargeFile } from "./read-large-file.js";
import { maxSmallFileBytes, readSmallFile } from "./read-small-file.js";
import { walkDirectory } from "./walk.js";
import type { SkippedFile, WalkOptions } from "./walk.js";

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
 * directory only files that have the size that the archive says. `FileChanged`, `FileSystem`.
 */
export async function diffDirectory(
  archive: Archive,
  directory: string,
  options: DiffDirectoryOptions = {},
): Promise<DirectoryDiff> {
  const { signal, quick = false } = options;
  const walk = await walkDirectory(directory, { ...options, anyTime: true });
  const added: string[] = [];
  const changed: string[] = [];
  const scratch = new Uint8Array(maxSmallFileBytes + 1);
  const { paths, sources, sizes, mtimes, farTimes } = walk.files;
  for (const [row, path] of paths.entries()) {
    if (row % filesPerTurn === 0) await nextTurn();
    signal?.throwIfAborted();
    const entry = archive.entry(path);
    if (entry === undefined) {
      added.push(path);
      continue;
    }
    const location = join(walk.root, sources.get(row) ?? path);
    const same =
      entry.size === sizes[row] &&
      ((quick && !farTimes.has(row) && isSameTime(mtimes[row] ?? 0n, entry.mtimeNs)) ||
        (await hasContent(location, entry, scratch, signal)));
    if (!same) changed.push(path);
  }
  const present = new Set(paths);
  const removed = Array.from(archive.entries(), ({ path }) => path).filter((path) => !present.has(path));
  return { added, removed, changed, skipped: walk.skipped };
}

async function hasContent(
  location: string,
  { path, size, hash }: Entry,
  scratch: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (size <= maxSmallFileBytes) {
    const { length } = readSmallFile(location, path, size, scratch, "none");
    return Buffer.compare(createHash("sha256").update(scratch.subarray(0, length)).digest(), hash) === 0;
  }
  const file = await openLargeFile(location, path, "none");
  try {
    await file.hashAll(signal);
    return Buffer.compare(file.digest().hash, hash) === 0;
  } finally {
    await file.close();
  }
}
