import { childrenOf, isDirectory, nameEnd, placeOf } from "./directory-children.js";
import type { DirectoryEntry, DirectoryListing, DirectoryStats, ListOptions } from "./entry.js";
import { entryAt } from "./index-entry.js";
import { placesBelow, searchKey } from "./index-search.js";
import type { PlaceRange } from "./index-search.js";
import type { IndexTable } from "./index-table.js";
import { pathText } from "./path-bytes.js";
import { isValidPath, rootPath } from "./path.js";

/** The files below a directory in its canonical spelling: all files for the root. Empty when it is no directory. */
export function placesIn(table: IndexTable, directory: string): PlaceRange {
  return directory === rootPath ? { from: 0, to: table.count } : placesBelow(table, directory);
}

/** What is directly in a directory in its canonical spelling. */
export function listDirectory(
  table: IndexTable,
  directory: string,
  places: PlaceRange,
  { directoriesFirst = false }: ListOptions = {},
): DirectoryListing {
  const prefix = directory === rootPath ? 0 : searchKey(directory).length + 1;
  const sorted = childrenOf(table, prefix, places);
  if (!directoriesFirst) return new Listing(table, prefix, sorted, [sorted.length]);
  const directories = sorted.filter(isDirectory);
  const children = new Uint32Array(sorted.length);
  children.set(directories);
  children.set(
    sorted.filter((child) => !isDirectory(child)),
    directories.length,
  );
  return new Listing(table, prefix, children, [directories.length, children.length]);
}

class Listing implements DirectoryListing {
  readonly #table: IndexTable;
  readonly #prefix: number;
  readonly #children: Uint32Array;
  /** Where parts end that are in the order of the names. */
  readonly #ends: readonly number[];

  constructor(table: IndexTable, prefix: number, children: Uint32Array, ends: readonly number[]) {
    this.#table = table;
    this.#prefix = prefix;
    this.#children = children;
    this.#ends = ends;
  }

  get length(): number {
    return this.#children.length;
  }

  at(index: number): DirectoryEntry | undefined {
    const child = this.#children[index];
    if (child === undefined) return undefined;
    const { bytes, columns } = this.#table;
    const place = placeOf(child);
    const end = nameEnd(this.#table, place, this.#prefix);
    const path = pathText(bytes, columns.pathStart[place] ?? 0, end);
    const name = path.slice(path.lastIndexOf("/") + 1);
    return isDirectory(child)
      ? { kind: "directory", name, path }
      : { kind: "file", name, path, entry: entryAt(this.#table, place, path) };
  }

  nameAt(index: number): string | undefined {
    const child = this.#children[index];
    if (child === undefined) return undefined;
    const place = placeOf(child);
    const start = (this.#table.columns.pathStart[place] ?? 0) + this.#prefix;
    return pathText(this.#table.bytes, start, nameEnd(this.#table, place, this.#prefix) - this.#prefix);
  }

  indexOf(name: string): number {
    // A lone surrogate is in nobody's name, and must not be found by what it is encoded as.
    if (!isValidPath(name)) return -1;
    const key = new TextEncoder().encode(name);
    let from = 0;
    for (const to of this.#ends) {
      let low = from;
      let high = to;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const order = this.#compare(middle, key);
        if (order === 0) return middle;
        if (order < 0) low = middle + 1;
        else high = middle;
      }
      from = to;
    }
    return -1;
  }

  #compare(index: number, key: Uint8Array): number {
    const place = placeOf(this.#children[index] ?? 0);
    const start = (this.#table.columns.pathStart[place] ?? 0) + this.#prefix;
    const length = nameEnd(this.#table, place, this.#prefix) - this.#prefix;
    for (let i = 0; i < length && i < key.length; i++) {
      const order = (this.#table.bytes[start + i] ?? 0) - (key[i] ?? 0);
      if (order !== 0) return order;
    }
    return length - key.length;
  }

  slice(from = 0, to: number = this.length): DirectoryEntry[] {
    const entries: DirectoryEntry[] = [];
    for (let index = Math.max(0, from); index < to; index++) {
      const entry = this.at(index);
      if (entry === undefined) break;
      entries.push(entry);
    }
    return entries;
  }

  *[Symbol.iterator](): Generator<DirectoryEntry, void, undefined> {
    for (let index = 0; ; index++) {
      const entry = this.at(index);
      if (entry === undefined) return;
      yield entry;
    }
  }
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
