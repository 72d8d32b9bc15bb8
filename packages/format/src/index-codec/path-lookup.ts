import { findPath } from "./index-search.js";
import type { IndexTable } from "./index-table.js";

/** The place of a path in a table, or -1. */
export type PathLookup = (path: string) => number;

/**
 * One look-up in this many entries pays for hashing them all. Before, and whenever a program asks for a few files only,
 * binary search answers, which needs no preparation.
 */
const entriesPerSearch = 16;

/**
 * Honest paths are never so far from where their hash says, with half of the slots free. Paths that were chosen to
 * collide are: then there is no hash table, and nothing is slower than binary search.
 */
const maxProbes = 128;

const encoder = new TextEncoder();

/** One buffer for all paths but the longest, which are left to binary search: searching is synchronous. */
const scratch = new Uint8Array(1024);
const scratchView = new DataView(scratch.buffer);

/** Finds paths by binary search at first, and by a hash table of 8 to 16 bytes an entry once many were asked for. */
export function createPathLookup(table: IndexTable): PathLookup {
  const { bytes } = table;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const searchesBefore = table.count / entriesPerSearch;
  let searches = 0;
  let hashing: PathHashing | undefined;
  return (path) => {
    // A UTF-16 code unit takes at most three bytes.
    if (hashing?.slots !== undefined && 3 * path.length <= scratch.length) {
      return findInSlots(table, view, hashing.slots, encoder.encodeInto(path, scratch).written);
    }
    if (searches++ >= searchesBefore) (hashing ??= new PathHashing(table, view)).goOn();
    return findPath(table, path);
  };
}

/** Entries that are hashed by one look-up, so that none takes long. */
const hashedPerSearch = 1024;

/** A hash table that grows with each look-up, until it has all paths. */
class PathHashing {
  readonly #table: IndexTable;
  readonly #view: DataView;
  /** Open addressing: in each slot a place plus one, or 0. `undefined` when too many paths want the same slots. */
  #growing: Uint32Array | undefined;
  #hashed = 0;

  constructor(table: IndexTable, view: DataView) {
    this.#table = table;
    this.#view = view;
    // At least one slot, also for an archive without files.
    this.#growing = new Uint32Array(2 ** Math.ceil(Math.log2(2 * table.count + 1)));
  }

  /** Once it has all paths. */
  get slots(): Uint32Array | undefined {
    return this.#hashed === this.#table.count ? this.#growing : undefined;
  }

  goOn(): void {
    const slots = this.#growing;
    if (slots === undefined) return;
    const { count, columns } = this.#table;
    const { pathStart, pathLength } = columns;
    const mask = slots.length - 1;
    const end = Math.min(count, this.#hashed + hashedPerSearch);
    for (let at = this.#hashed; at < end; at++) {
      let slot = hashPath(this.#view, pathStart[at] ?? 0, pathLength[at] ?? 0) & mask;
      let probes = 0;
      while (slots[slot] !== 0) {
        if (++probes === maxProbes) {
          this.#growing = undefined;
          return;
        }
        slot = (slot + 1) & mask;
      }
      slots[slot] = at + 1;
    }
    this.#hashed = end;
  }
}

/** Looks for the first `length` bytes of the scratch buffer. */
function findInSlots({ columns }: IndexTable, view: DataView, slots: Uint32Array, length: number): number {
  const { pathStart, pathLength } = columns;
  const mask = slots.length - 1;
  let slot = hashPath(scratchView, 0, length) & mask;
  // Half of the slots are free: this ends.
  for (let place = slots[slot] ?? 0; place !== 0; place = slots[slot] ?? 0) {
    const at = place - 1;
    if (pathLength[at] === length && isInScratch(view, pathStart[at] ?? 0, length)) return at;
    slot = (slot + 1) & mask;
  }
  return -1;
}

// Both take four bytes at a time, wherever they lie: with single bytes, a look-up takes half as long again.

function isInScratch(view: DataView, start: number, length: number): boolean {
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    if (view.getInt32(start + i, true) !== scratchView.getInt32(i, true)) return false;
  }
  for (; i < length; i++) if (view.getUint8(start + i) !== scratchView.getUint8(i)) return false;
  return true;
}

/** For the test, which makes paths that collide. FNV-1a over words, mixed after each, since a multiplication carries upwards only. */
export function hashPath(view: DataView, start: number, length: number): number {
  let hash = 0x811c_9dc5 ^ length;
  let at = start;
  for (const end = start + length - 3; at < end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x0100_0193);
    hash ^= hash >>> 15;
  }
  for (const end = start + length; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return hash ^ (hash >>> 13);
}
