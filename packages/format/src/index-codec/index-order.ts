import { renumbered } from "./chunk-table.js";
import { createColumns } from "./entry-columns.js";
import type { EntryColumns } from "./entry-columns.js";
import type { IndexTable } from "./index-table.js";
import { PathCheck } from "./path-check.js";
import { sortedRows } from "./sorted-rows.js";
import { rowsPerStep } from "./steps.js";
import type { Steps } from "./steps.js";

/**
 * The same table in the order of the paths' bytes, with the certainty that each path is there once and that no file is
 * also a directory: throws `InvalidIndex`. Archives are written in this order, but for those of the Go implementation,
 * which are in the order of its directory walk: these are sorted here, once.
 */
export function* byteOrderSteps(table: IndexTable): Steps<IndexTable> {
  if (table.isInOrder) return table;
  const { bytes, count } = table;
  const { pathStart, pathLength } = table.columns;
  const order = yield* sortedRows(count, (a, b) =>
    compareBytes(bytes, pathStart[a] ?? 0, pathLength[a] ?? 0, pathStart[b] ?? 0, pathLength[b] ?? 0),
  );
  const columns = yield* reordered(table.columns, order);
  // The second look finds what the first one could not: duplicates and conflicts show between neighbours.
  const paths = new PathCheck(bytes);
  for (let from = 0; from < count; from += rowsPerStep) {
    paths.check(columns, from, Math.min(count, from + rowsPerStep));
    yield;
  }
  return { ...table, columns, chunks: renumbered(table.chunks, order), isInOrder: true };
}

/** The order of two paths. */
function compareBytes(bytes: Uint8Array, a: number, aLength: number, b: number, bLength: number): number {
  const length = aLength < bLength ? aLength : bLength;
  for (let i = 0; i < length; i++) {
    const order = (bytes[a + i] ?? 0) - (bytes[b + i] ?? 0);
    if (order !== 0) return order;
  }
  return aLength - bLength;
}

function* reordered(columns: EntryColumns, order: Uint32Array): Steps<EntryColumns> {
  const sorted = createColumns(order.length);
  for (const name of ["tableStart", "pathStart", "pathLength", "hashStart"] as const)
    fill(sorted[name], columns[name], order);
  yield;
  for (const name of ["dataOffset", "storedSize", "size"] as const) fill(sorted[name], columns[name], order);
  yield;
  return sorted;
}

function fill<T extends Uint32Array | Float64Array>(sorted: T, column: T, order: Uint32Array): void {
  for (let i = 0; i < order.length; i++) sorted[i] = column[order[i] ?? 0] ?? 0;
}
