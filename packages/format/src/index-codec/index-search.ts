import type { IndexTable } from "./index-table.js";

/** A path, or the beginning of paths, as UTF-8: the first `length` bytes. */
export interface SearchKey {
  readonly bytes: Uint8Array;
  readonly length: number;
}

const encoder = new TextEncoder();

/** Most look-ups fit: one buffer for all of them. Safe, because searching is synchronous and keeps nothing. */
const scratch = new Uint8Array(1024);

/** Encodes a key; it is valid until the next one is. */
export function searchKey(text: string): SearchKey {
  // A UTF-16 code unit takes at most three bytes.
  if (3 * text.length > scratch.length) {
    const bytes = encoder.encode(text);
    return { bytes, length: bytes.length };
  }
  return { bytes: scratch, length: encoder.encodeInto(text, scratch).written };
}

/** The place of a path in the table, or -1. */
export function findPath(table: IndexTable, path: string): number {
  const key = searchKey(path);
  const at = lowerBound(table, key);
  return at < table.count && table.columns.pathLength[at] === key.length && startsWith(table, at, key)
    ? at
    : -1;
}

/** The first place from `from` on whose path is not before the key. */
export function lowerBound(
  table: IndexTable,
  { bytes: key, length: keyLength }: SearchKey,
  from = 0,
): number {
  const { bytes, columns } = table;
  const { pathStart, pathLength } = columns;
  let low = from;
  let high = table.count;
  // What the key has in common with the paths around the search: whatever is between them has it, too.
  let lowCommon = 0;
  let highCommon = 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = pathStart[middle] ?? 0;
    const pathEnd = pathLength[middle] ?? 0;
    const end = pathEnd < keyLength ? pathEnd : keyLength;
    let common = lowCommon < highCommon ? lowCommon : highCommon;
    let order = 0;
    for (; common < end; common++) {
      order = (bytes[start + common] ?? 0) - (key[common] ?? 0);
      if (order !== 0) break;
    }
    if (common === end) order = pathEnd - keyLength;
    if (order < 0) {
      low = middle + 1;
      lowCommon = common;
    } else {
      high = middle;
      highCommon = common;
    }
  }
  return low;
}

/** Whether the path at a place begins with the key. */
export function startsWith({ bytes, columns }: IndexTable, at: number, key: SearchKey): boolean {
  const start = columns.pathStart[at] ?? 0;
  if ((columns.pathLength[at] ?? 0) < key.length) return false;
  for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key.bytes[i]) return false;
  return true;
}

/** Places `from` to `to`, without `to`. */
export interface PlaceRange {
  readonly from: number;
  readonly to: number;
}

/** The files below a directory, in its canonical spelling; an empty range when there are none. */
export function placesBelow(table: IndexTable, directory: string, from = 0): PlaceRange {
  const first = lowerBound(table, searchKey(`${directory}/`), from);
  // The character after the slash: the first path that is not below the directory any more.
  const to = lowerBound(table, searchKey(`${directory}0`), first);
  return { from: first, to };
}
