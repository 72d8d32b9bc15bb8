import { renumbered } from "./chunk-table.js";
import { invalidIndex } from "./flatbuffer.js";
import type { EntryColumns } from "./entry-columns.js";
import type { IndexTable } from "./index-table.js";
import { pathText } from "./path-bytes.js";

/**
 * The same table in the order of the paths' bytes, with the certainty that each path is there once and that no file is
 * also a directory: throws `InvalidIndex`. Archives are written in this order, but for those of the Go implementation,
 * which are in the order of its directory walk: these are sorted here, once.
 */
export function inByteOrder(table: IndexTable): IndexTable {
  if (isInOrder(table)) return table;
  const { bytes, columns } = table;
  const { pathStart, pathLength } = columns;
  const order = Uint32Array.from({ length: table.count }, (_, i) => i).toSorted((a, b) => {
    const aLength = pathLength[a] ?? 0;
    const bLength = pathLength[b] ?? 0;
    const common = commonPrefix(bytes, pathStart[a] ?? 0, aLength, pathStart[b] ?? 0, bLength);
    return difference(bytes, common, pathStart[a] ?? 0, aLength, pathStart[b] ?? 0, bLength);
  });
  const sorted = {
    ...table,
    columns: reorder(columns, order),
    chunks: renumbered(table.chunks, order),
  };
  // The second look finds what the first one could not: duplicates and conflicts show between neighbours.
  isInOrder(sorted);
  return sorted;
}

/**
 * Whether paths ascend. As long as they do, also refuses duplicates and files that are directories of others.
 *
 * The paths that begin with a path follow it without a gap. So the candidates for a conflict are the files that the
 * current path begins with: a stack, from which those go that the path has no longer in common with its predecessor.
 * Looking at its top is enough: the others were compared when the top came.
 */
function isInOrder({ bytes, count, columns }: IndexTable): boolean {
  const { pathStart, pathLength } = columns;
  const prefixes: number[] = [];
  let start = pathStart[0] ?? 0;
  let length = pathLength[0] ?? 0;
  for (let i = 1; i < count; i++) {
    const nextStart = pathStart[i] ?? 0;
    const nextLength = pathLength[i] ?? 0;
    const common = commonPrefix(bytes, start, length, nextStart, nextLength);
    const order = difference(bytes, common, start, length, nextStart, nextLength);
    if (order > 0) return false;
    if (order === 0) throw conflict("is there twice", bytes, start, length);
    prefixes.push(length);
    let longest = prefixes.at(-1);
    while (longest !== undefined && longest > common) {
      prefixes.pop();
      longest = prefixes.at(-1);
    }
    if (longest !== undefined && bytes[nextStart + longest] === 0x2f) {
      throw conflict("is a file and a directory", bytes, nextStart, longest);
    }
    start = nextStart;
    length = nextLength;
  }
  return true;
}

function commonPrefix(bytes: Uint8Array, a: number, aLength: number, b: number, bLength: number): number {
  const length = Math.min(aLength, bLength);
  let common = 0;
  while (common < length && bytes[a + common] === bytes[b + common]) common++;
  return common;
}

/** The order of two paths, by the first byte that they do not have in common. */
function difference(
  bytes: Uint8Array,
  common: number,
  a: number,
  aLength: number,
  b: number,
  bLength: number,
): number {
  if (common === aLength || common === bLength) return aLength - bLength;
  return (bytes[a + common] ?? 0) - (bytes[b + common] ?? 0);
}

function conflict(what: string, bytes: Uint8Array, start: number, length: number): Error {
  const path = pathText(bytes, start, length);
  return invalidIndex(`${JSON.stringify(path)} ${what}`, path);
}

function reorder(columns: EntryColumns, order: Uint32Array): EntryColumns {
  return {
    pathStart: columns.pathStart.map((_, i) => columns.pathStart[order[i] ?? 0] ?? 0),
    pathLength: columns.pathLength.map((_, i) => columns.pathLength[order[i] ?? 0] ?? 0),
    hashStart: columns.hashStart.map((_, i) => columns.hashStart[order[i] ?? 0] ?? 0),
    dataOffset: columns.dataOffset.map((_, i) => columns.dataOffset[order[i] ?? 0] ?? 0),
    storedSize: columns.storedSize.map((_, i) => columns.storedSize[order[i] ?? 0] ?? 0),
    size: columns.size.map((_, i) => columns.size[order[i] ?? 0] ?? 0),
    mode: columns.mode.map((_, i) => columns.mode[order[i] ?? 0] ?? 0),
    uid: columns.uid.map((_, i) => columns.uid[order[i] ?? 0] ?? 0),
    gid: columns.gid.map((_, i) => columns.gid[order[i] ?? 0] ?? 0),
    mtimeNs: columns.mtimeNs.map((_, i) => columns.mtimeNs[order[i] ?? 0] ?? 0n),
    compression: columns.compression.map((_, i) => columns.compression[order[i] ?? 0] ?? 0),
  };
}
