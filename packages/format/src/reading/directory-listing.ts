import { childrenOf, endOfDirectory, isDirectory, nameEnd, placeOf } from "./directory-children.js";
import type { DirectoryEntry, DirectoryListing, DirectoryStats, ListOptions } from "../entry.js";
import { entryAt } from "../index-codec/index-entry.js";
import { placesBelow, searchKey } from "../index-codec/index-search.js";
import type { PlaceRange } from "../index-codec/index-search.js";
import type { IndexTable } from "../index-codec/index-table.js";
import { pathText } from "../index-codec/path-bytes.js";
import { isValidPath, rootPath } from "../paths/path.js";

/**
 * The places of the files below a directory, whose path is spelled canonically: all files for the root, and none if
 * there is no such directory.
 */
export function placesIn(table: IndexTable, directory: string): PlaceRange {
  return directory === rootPath ? { from: 0, to: table.count } : placesBelow(table, directory);
}

/** The listing of a directory, whose path is spelled canonically. */
export function listDirectory(
  table: IndexTable,
  directory: string,
  places: PlaceRange,
  { directoriesFirst = false }: ListOptions = {},
): DirectoryListing {
  const prefix = directory === rootPath ? 0 : searchKey(directory).length + 1;
  return new Listing(table, prefix, places, directoriesFirst);
}

class Listing implements DirectoryListing {
  readonly #table: IndexTable;
  readonly #prefix: number;
  /** The place after the last one below the directory. */
  readonly #to: number;
  readonly #directoriesFirst: boolean;
  readonly #children: Uint32Array;
  /** Ends of the parts of the children that are each in the order of names: one part, or directories and then files. */
  readonly #ends: readonly number[];

  constructor(table: IndexTable, prefix: number, places: PlaceRange, directoriesFirst: boolean) {
    this.#table = table;
    this.#prefix = prefix;
    this.#to = places.to;
    this.#directoriesFirst = directoriesFirst;
    const sorted = childrenOf(table, prefix, places);
    const directories = directoriesFirst ? sorted.filter(isDirectory) : sorted;
    this.#children = sorted;
    this.#ends = [directories.length, sorted.length];
    if (directories.length === sorted.length) return;
    const files = sorted.filter((child) => !isDirectory(child));
    this.#children = new Uint32Array(sorted.length);
    this.#children.set(directories);
    this.#children.set(files, directories.length);
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

  kindAt(index: number): DirectoryEntry["kind"] | undefined {
    const child = this.#children[index];
    if (child === undefined) return undefined;
    return isDirectory(child) ? "directory" : "file";
  }

  listAt(index: number): DirectoryListing | undefined {
    const child = this.#children[index];
    if (child === undefined || !isDirectory(child)) return undefined;
    const from = placeOf(child);
    const prefix = nameEnd(this.#table, from, this.#prefix) + 1;
    const to = endOfDirectory(this.#table, from, this.#to, this.#prefix, prefix);
    return new Listing(this.#table, prefix, { from, to }, this.#directoriesFirst);
  }

  indexOf(name: string): number {
    // A lone surrogate is in no valid name. It would be encoded as U+FFFD, and find a name with that.
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
