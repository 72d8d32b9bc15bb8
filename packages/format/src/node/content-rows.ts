import { hashBytes } from "../index-schema.js";

/**
 * Finds the rows of files with equal content, by a column of hashes and one that says whether the file is to be
 * compressed: one that is to be readable by range is not stored compressed. A hash table over numbers; its keys would
 * be tens of thousands of strings otherwise.
 */
export class ContentRows {
  readonly #hashes: Uint8Array;
  readonly #view: DataView;
  readonly #compress: readonly boolean[];
  /** Rows, each at the first free place from the one on that its hash says; 0 is free, so they count from 1. */
  readonly #slots: Uint32Array;

  /** The hashes may be written later, each before its row is asked for. */
  constructor(hashes: Uint8Array, compress: readonly boolean[]) {
    this.#hashes = hashes;
    this.#view = new DataView(hashes.buffer, hashes.byteOffset, hashes.byteLength);
    this.#compress = compress;
    // A power of two, at most half full.
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * compress.length + 2)));
  }

  /** The first row with the content of this one: itself when there was none. */
  firstOf(row: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#view.getUint32(hashBytes * row) & mask; ; slot = (slot + 1) & mask) {
      const found = (this.#slots[slot] ?? 0) - 1;
      if (found < 0) {
        this.#slots[slot] = row + 1;
        return row;
      }
      if (this.#areEqual(found, row)) return found;
    }
  }

  #areEqual(a: number, b: number): boolean {
    if (this.#compress[a] !== this.#compress[b]) return false;
    for (let index = 0; index < hashBytes; index++) {
      if (this.#hashes[hashBytes * a + index] !== this.#hashes[hashBytes * b + index]) return false;
    }
    return true;
  }
}
