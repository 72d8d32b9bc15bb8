import { nextTurn } from "@blob/core/concurrency";

import type { Archive } from "../../archive.js";
import type { Entry, FileChunks } from "../../entry.js";
import { filesPerStep } from "../../index-codec/steps.js";
import { comparePaths } from "../../paths/compare-bytes.js";
import { isSameTime } from "../files/file-time.js";
import { placeOf } from "../walk/found-files.js";
import { isSmall } from "../walk/read-small-file.js";
import type { Listing } from "../walk/walk.js";
import type { SkippedFile } from "../walk/walk-options.js";
import { createContentComparer } from "./content-comparer.js";
import { findElsewhere } from "./find-elsewhere.js";
import type { ChunkPlaces } from "./chunk-places.js";

/** How a directory differs from an archive. Paths are archive paths, in the order of their bytes. */
export interface ComparedDirectory {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly skipped: readonly SkippedFile[];
  /** What the directory has of the files that are removed or changed, by their paths; empty when nobody asked. */
  readonly places: ReadonlyMap<string, ChunkPlaces>;
}

export interface CompareOptions {
  readonly quick: boolean;
  /** Whether chunks of files that differ are looked for. */
  readonly locate: boolean;
  readonly workers: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Files are looked at and read with sync calls; other work of the process gets a turn after this many: about 2 ms. */
const looksPerTurn = 1024;
const looksPerRead = 16;

/** Compares what a listing finds with an archive. The listing is the caller's to close. */
export async function compareDirectory(
  archive: Archive,
  listing: Listing,
  { quick, locate, workers, signal }: CompareOptions,
): Promise<ComparedDirectory> {
  const { files, skipped } = await listing.end();
  const added: string[] = [];
  const changed: string[] = [];
  /** Those that have what the archive says, and chunks. */
  const equal: string[] = [];
  const places = new Map<string, ChunkPlaces>();
  /** Files that both have. */
  const { paths, sizes, mtimes, farTimes } = files;
  const bytes = sizes.subarray(0, paths.length).reduce((sum, size) => sum + (isSmall(size) ? 0 : size), 0);
  const comparer = createContentComparer(listing.root, { workers, bytes, signal });

  const isLarge = (path: string): boolean => !isSmall(archive.entry(path)?.size ?? 0);
  // Small files are read, written and fetched whole.
  const chunksOf = ({ path, size }: Entry): FileChunks | undefined =>
    isSmall(size) ? undefined : archive.chunks(path);

  /** No promise: there may be hundreds of thousands. */
  function isSameAtAGlance(row: number, entry: Entry): boolean {
    if (!quick || entry.size !== sizes[row] || farTimes.has(row)) return false;
    if (!isSameTime(mtimes[row] ?? 0n, entry.mtimeNs)) return false;
    if (chunksOf(entry) !== undefined) equal.push(entry.path);
    return true;
  }

  async function compareFile(row: number, entry: Entry): Promise<boolean> {
    const { path } = entry;
    const isSameSize = entry.size === sizes[row];
    const place = placeOf(listing.root, files, row);
    const chunks = chunksOf(entry);
    if (chunks === undefined) return isSameSize && (await comparer.hasContent(place, entry));
    if (!locate) return isSameSize && (await comparer.hasChunks(place, entry, chunks));
    const { found, isSame } = await comparer.findChunks(place, entry, chunks, !isSameSize);
    if (isSame) {
      equal.push(path);
      return true;
    }
    places.set(path, new Map(Array.from(found, ([number, offset]) => [number, { path, offset }])));
    return false;
  }

  try {
    for (let row = 0, looks = 0; row < paths.length; row++) {
      const path = paths[row] ?? "";
      const entry = archive.entry(path);
      if (entry === undefined) added.push(path);
      const isDone = entry === undefined || isSameAtAGlance(row, entry);
      // A look at what was read takes a fraction of a read.
      looks += isDone ? 1 : looksPerRead;
      if (looks >= looksPerTurn) {
        looks = 0;
        await nextTurn();
        signal?.throwIfAborted();
      }
      if (!isDone && !(await compareFile(row, entry))) changed.push(path);
    }
    comparer.check();
  } finally {
    await comparer.close();
  }
  // Each path of the directory is there once: when so many are the archive's, none of its own is missing.
  const removed =
    paths.length - added.length === archive.entryCount ? [] : await missingIn(paths, archive, signal);
  if (locate) await findElsewhere(archive, [...changed, ...removed].filter(isLarge), equal, places);
  return { added, removed, changed, skipped, places };
}

/** Files of an archive that are not among these paths, which are in the order of archives, too. */
async function missingIn(
  paths: readonly string[],
  archive: Archive,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const missing: string[] = [];
  let row = 0;
  let looked = 0;
  for (const { path } of archive.entries()) {
    if (++looked % filesPerStep === 0) {
      await nextTurn();
      signal?.throwIfAborted();
    }
    while (row < paths.length && comparePaths(paths[row] ?? "", path) < 0) row++;
    if (paths[row] !== path) missing.push(path);
  }
  return missing;
}
