import type { Entry } from "../../entry.js";
import type { ByteRange } from "../../sources/byte-source.js";
import { byPlace, groupRanges } from "../../reading/read-plan.js";
import type { RangeOptions } from "../../reading/read-plan.js";
import type { Extraction } from "./extract-options.js";
import { PackedFiles } from "./packed-files.js";

/**
 * The small ones of many files, of which only those are kept in memory that are not in the order in which they are
 * stored, as files are whose content an earlier one has. Archives mostly have all others in order: these are made again
 * when their turn comes, because hundreds of thousands of entries take more memory than everything else.
 */
export interface SmallFiles {
  /** All files, as often as one likes. */
  readonly files: Iterable<Extraction>;
  readonly isSmall: (entry: Entry) => boolean;
  readonly hasEmpty: boolean;
  /** In the order of the archive's paths. */
  readonly outOfOrder: readonly Extraction[];
}

/** A range to fetch, and the files that are in it. */
export interface SmallRead extends ByteRange {
  readonly files: Iterable<Extraction>;
}

/** The ranges to fetch, in the order of stored bytes; files without any come first, in ranges of no bytes. */
export function* smallReads(small: SmallFiles, options: RangeOptions): Generator<SmallRead, void, undefined> {
  if (small.hasEmpty) yield* emptyReads(small, options.maxFiles);
  const ranges = groupRanges(
    inStoredOrder(small),
    ({ entry }) => entry,
    () => new PackedFiles(),
    options,
  );
  for (const { offset, length, items } of ranges) yield { offset, length, files: items };
}

function* emptyReads(
  { files, isSmall }: SmallFiles,
  maxFiles: number,
): Generator<SmallRead, void, undefined> {
  let packed = new PackedFiles();
  for (const file of files) {
    if (file.entry.storedSize > 0 || !isSmall(file.entry)) continue;
    packed.add(file);
    if (packed.count < maxFiles) continue;
    yield { offset: 0, length: 0, files: packed };
    packed = new PackedFiles();
  }
  if (packed.count > 0) yield { offset: 0, length: 0, files: packed };
}

function* inStoredOrder({ files, isSmall, outOfOrder }: SmallFiles): Generator<Extraction, void, undefined> {
  const others = outOfOrder.toSorted((a, b) => byPlace(a.entry, b.entry));
  let next = 0;
  const order = storedOrder();
  for (const file of files) {
    if (file.entry.storedSize === 0 || !isSmall(file.entry) || !order(file.entry)) continue;
    for (let other = others[next]; other !== undefined; other = others[next]) {
      if (byPlace(other.entry, file.entry) > 0) break;
      yield other;
      next++;
    }
    yield file;
  }
  yield* others.slice(next);
}

/** Whether a file with stored bytes is in the order in which they are stored: asked for one file after the other. */
export function storedOrder(): (entry: Entry) => boolean {
  let previous: Entry | undefined;
  return (entry) => {
    if (previous !== undefined && byPlace(previous, entry) > 0) return false;
    previous = entry;
    return true;
  };
}
