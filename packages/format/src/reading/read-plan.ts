import type { ByteRange } from "../sources/byte-source.js";
import type { Entry } from "../entry.js";
import { FormatError } from "../errors.js";

/** When neighbouring files are fetched with one request. */
export interface ReadPlanOptions {
  /** Up to this many unwanted bytes between two files are fetched along, instead of making another request. */
  readonly maxGapBytes: number;
  /** The largest range in bytes. A single file that is larger has a range of its own. */
  readonly maxRangeBytes: number;
}

/** One range of the data part, and the files whose stored bytes lie inside of it. */
export interface PlannedRead extends ByteRange {
  /** In the order of their stored bytes. */
  readonly entries: readonly Entry[];
}

/**
 * The ranges to fetch for reading files: neighbours are fetched together. Every entry is in exactly one range. Files
 * without stored bytes come first, in a range of no bytes, which needs no request. Entries that share bytes share a
 * range as long as it is not too large.
 *
 * `InvalidArgument` for limits that are not whole numbers; `Unsupported` for files with an unknown compression.
 */
export function planReads(entries: Iterable<Entry>, options: ReadPlanOptions): PlannedRead[] {
  checkLimit("maxGapBytes", options.maxGapBytes);
  checkLimit("maxRangeBytes", options.maxRangeBytes);
  const { empty, stored } = sorted(entries);
  const plan: PlannedRead[] = empty.length > 0 ? [{ offset: 0, length: 0, entries: empty }] : [];
  const ranges = groupRanges(stored, (entry) => entry, listEntries, { ...options, maxFiles: Infinity });
  for (const { offset, length, items } of ranges) plan.push({ offset, length, entries: items.entries });
  return plan;
}

/** When neighbouring files are fetched with one request, and how many. */
export interface RangeOptions extends ReadPlanOptions {
  /** A range with so many files is not made longer for another one. */
  readonly maxFiles: number;
}

/** What lies inside of a range. */
export interface RangeItems<T> {
  readonly count: number;
  add(item: T): void;
}

/** One range, and what lies inside of it. */
export interface PlannedRange<Items> extends ByteRange {
  readonly items: Items;
}

function listEntries(): RangeItems<Entry> & { readonly entries: readonly Entry[] } {
  const entries: Entry[] = [];
  return {
    entries,
    get count() {
      return entries.length;
    },
    add: (entry) => void entries.push(entry),
  };
}

/** The ranges of files with stored bytes that come in the order of {@link byPlace}: each is made when it is asked for. */
export function* groupRanges<T, Items extends RangeItems<T>>(
  items: Iterable<T>,
  entryOf: (item: T) => Entry,
  collect: () => Items,
  { maxGapBytes, maxRangeBytes, maxFiles }: RangeOptions,
): Generator<PlannedRange<Items>, void, undefined> {
  let current: { offset: number; end: number; items: Items } | undefined;
  for (const item of items) {
    const { dataOffset, storedSize } = entryOf(item);
    const end = Math.max(current?.end ?? 0, dataOffset + storedSize);
    const fits =
      current !== undefined &&
      dataOffset - current.end <= maxGapBytes &&
      // A file that shares bytes with the range and makes it no longer is always part of it.
      (end === current.end || (end - current.offset <= maxRangeBytes && current.items.count < maxFiles));
    if (current !== undefined && fits) {
      current.end = end;
      current.items.add(item);
      continue;
    }
    if (current !== undefined) yield planned(current);
    current = { offset: dataOffset, end: dataOffset + storedSize, items: collect() };
    current.items.add(item);
  }
  if (current !== undefined) yield planned(current);
}

/** Those with stored bytes in the order of these, as the files of an archive mostly are already. */
function sorted(entries: Iterable<Entry>): {
  readonly empty: readonly Entry[];
  readonly stored: readonly Entry[];
} {
  const empty: Entry[] = [];
  const stored: Entry[] = [];
  let previous: Entry | undefined;
  let isSorted = true;
  for (const entry of entries) {
    checkReadable(entry);
    if (entry.storedSize === 0) {
      empty.push(entry);
      continue;
    }
    isSorted &&= previous === undefined || byPlace(previous, entry) <= 0;
    stored.push(entry);
    previous = entry;
  }
  return { empty, stored: isSorted ? stored : stored.toSorted(byPlace) };
}

/** The order of files in the data part. */
export function byPlace(a: Entry, b: Entry): number {
  return a.dataOffset - b.dataOffset || a.storedSize - b.storedSize;
}

function planned<Items>(range: { offset: number; end: number; items: Items }): PlannedRange<Items> {
  return { offset: range.offset, length: range.end - range.offset, items: range.items };
}

/** `Unsupported` for a file with an unknown compression. */
export function checkReadable(entry: Entry): void {
  if (entry.compression !== "unknown") return;
  throw new FormatError(
    "Unsupported",
    `${JSON.stringify(entry.path)} is compressed in a way that this version does not know: a newer one may read it`,
    { path: entry.path },
  );
}

function checkLimit(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new FormatError("InvalidArgument", `${name} must be a whole number of bytes, not ${value}`);
}
