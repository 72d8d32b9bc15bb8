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
  let current: { offset: number; end: number; entries: Entry[] } | undefined;
  for (const entry of stored) {
    const end = Math.max(current?.end ?? 0, entry.dataOffset + entry.storedSize);
    const fits =
      current !== undefined &&
      entry.dataOffset - current.end <= options.maxGapBytes &&
      // A file that shares bytes with the range and makes it no longer is always part of it.
      (end === current.end || end - current.offset <= options.maxRangeBytes);
    if (current !== undefined && fits) {
      current.end = end;
      current.entries.push(entry);
      continue;
    }
    if (current !== undefined) plan.push(planned(current));
    current = { offset: entry.dataOffset, end: entry.dataOffset + entry.storedSize, entries: [entry] };
  }
  if (current !== undefined) plan.push(planned(current));
  return plan;
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

function byPlace(a: Entry, b: Entry): number {
  return a.dataOffset - b.dataOffset || a.storedSize - b.storedSize;
}

function planned({ offset, end, entries }: { offset: number; end: number; entries: Entry[] }): PlannedRead {
  return { offset, length: end - offset, entries };
}

function checkReadable(entry: Entry): void {
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
