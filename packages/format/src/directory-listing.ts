import { comparePaths } from "./compare-bytes.js";
import type { DirectoryEntry, DirectoryStats } from "./entry.js";
import { entryAt } from "./index-entry.js";
import { lowerBound, placesBelow, searchKey } from "./index-search.js";
import type { PlaceRange } from "./index-search.js";
import type { IndexTable } from "./index-table.js";
import { pathText } from "./path-bytes.js";
import { rootPath } from "./path.js";

/** The files below a directory in its canonical spelling: all files for the root. Empty when it is no directory. */
export function placesIn(table: IndexTable, directory: string): PlaceRange {
  return directory === rootPath ? { from: 0, to: table.count } : placesBelow(table, directory);
}

/**
 * What is directly in a directory, in the order of the names' bytes. The cost depends on how much that is, and not on
 * how many files lie further below.
 */
export function listDirectory(
  table: IndexTable,
  directory: string,
  { from, to }: PlaceRange,
): DirectoryEntry[] {
  const prefix = directory === rootPath ? 0 : searchKey(directory).length + 1;
  const found: DirectoryEntry[] = [];
  let isSorted = true;
  for (let at = from; at < to;) {
    const start = table.columns.pathStart[at] ?? 0;
    const length = table.columns.pathLength[at] ?? 0;
    const slash = table.bytes.subarray(start, start + length).indexOf(0x2f, prefix);
    const isFile = slash === -1;
    const path = pathText(table.bytes, start, isFile ? length : slash);
    const name = path.slice(path.lastIndexOf("/") + 1);
    found.push(
      isFile ? { kind: "file", name, path, entry: entryAt(table, at) } : { kind: "directory", name, path },
    );
    const previous = found.at(-2);
    // Files are in the order of full paths, where the directory "a" counts as "a/": after the file "a-b".
    if (previous !== undefined && comparePaths(previous.name, name) > 0) isSorted = false;
    at = isFile ? at + 1 : lowerBound(table, searchKey(`${path}0`), at + 1);
  }
  return isSorted ? found : found.toSorted((a, b) => comparePaths(a.name, b.name));
}

export function sumUp({ columns }: IndexTable, { from, to }: PlaceRange): DirectoryStats {
  let size = 0;
  let storedSize = 0;
  for (let at = from; at < to; at++) {
    size += columns.size[at] ?? 0;
    storedSize += columns.storedSize[at] ?? 0;
  }
  return { files: to - from, size, storedSize };
}
