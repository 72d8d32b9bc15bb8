import { lowerBound } from "../index-codec/index-search.js";
import type { PlaceRange } from "../index-codec/index-search.js";
import type { IndexTable } from "../index-codec/index-table.js";

const slash = 0x2f;

/**
 * A child of a directory, as a number: twice its place for a file; for a directory, twice the first place below it,
 * plus one.
 */
export type Child = number;

export function placeOf(child: Child): number {
  return child >>> 1;
}

export function isDirectory(child: Child): boolean {
  return (child & 1) === 1;
}

/**
 * The children of a directory, in the order of their names' bytes. `prefix` is the length of the directory's path in
 * bytes, with its slash; the places are those below it. Makes no objects, so that a large directory takes some 0.1 µs a
 * child, whatever lies further below. Linear in the size of the index, whatever the names are.
 */
export function childrenOf(table: IndexTable, prefix: number, { from, to }: PlaceRange): Uint32Array {
  let sorted = new Uint32Array(Math.min(to - from, 1024));
  /** The place where each child begins, in the order of the table. */
  let starts = new Uint32Array(sorted.length);
  let count = 0;
  for (let at = from; at < to;) {
    if (count === sorted.length) {
      const room = Math.min(to - from, 4 * count);
      sorted = enlarged(sorted, room);
      starts = enlarged(starts, room);
    }
    const end = nameEnd(table, at, prefix);
    const isBelow = end < (table.columns.pathLength[at] ?? 0);
    let index = count;
    // Files are in the order of full paths, where the directory "a" sorts as "a/". By its name it may belong before
    // children that were added already, such as the file "a-b": it is inserted before them.
    if (isBelow && count > 0 && isSame(table, at, starts[count - 1] ?? 0, prefix, end)) {
      index = firstNotBefore(starts, count, lowerBound(table, keyOf(table, at, end), from));
      sorted.copyWithin(index + 1, index, count);
    }
    sorted[index] = 2 * at + (isBelow ? 1 : 0);
    starts[count++] = at;
    at = isBelow ? endOfDirectory(table, at, to, prefix, end + 1) : at + 1;
  }
  return sorted.subarray(0, count);
}

/** Where the name of a child ends, in bytes from the start of the path at a place. */
export function nameEnd({ bytes, columns }: IndexTable, at: number, prefix: number): number {
  const start = columns.pathStart[at] ?? 0;
  const length = columns.pathLength[at] ?? 0;
  let end = prefix;
  while (end < length && bytes[start + end] !== slash) end++;
  return end;
}

/**
 * The first place after those whose paths share the first `length` bytes, of which `prefix` are known to be shared.
 * Gallops: steps double until they go too far.
 */
export function endOfDirectory(
  table: IndexTable,
  at: number,
  to: number,
  prefix: number,
  length: number,
): number {
  let low = at + 1;
  let step = 1;
  while (low + step <= to && isSame(table, at, low + step - 1, prefix, length)) {
    low += step;
    step *= 2;
  }
  let high = Math.min(to, low + step - 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSame(table, at, middle, prefix, length)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether two paths, known to share their first `from` bytes, share the first `to`. */
function isSame({ bytes, columns }: IndexTable, a: number, b: number, from: number, to: number): boolean {
  if ((columns.pathLength[b] ?? 0) < to) return false;
  const aStart = columns.pathStart[a] ?? 0;
  const bStart = columns.pathStart[b] ?? 0;
  for (let i = from; i < to; i++) if (bytes[aStart + i] !== bytes[bStart + i]) return false;
  return true;
}

function keyOf(
  { bytes, columns }: IndexTable,
  at: number,
  length: number,
): { readonly bytes: Uint8Array; readonly length: number } {
  const start = columns.pathStart[at] ?? 0;
  return { bytes: bytes.subarray(start, start + length), length };
}

function firstNotBefore(ascending: Uint32Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function enlarged(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length);
  larger.set(column);
  return larger;
}
