import { hashBytes } from "../../index-codec/index-schema.js";
import type { FileColumns } from "../walk/file-columns.js";

/**
 * Which files have equal content that is stored once: by a column of hashes and one that says whether the file is to be
 * compressed, as one that is to be readable by range is not stored compressed. A hash table over numbers; its keys would
 * be tens of thousands of strings otherwise.
 */
export class ContentRows {
  readonly #files: Pick<FileColumns, "compress">;
  #hashes: Uint8Array<ArrayBuffer> = new Uint8Array(hashBytes * 1024);
  /** Rows, each at the first free place from the one on that its hash says; 0 is free, so they count from 1. */
  #slots = new Uint32Array(64 * 1024);
  #used = 0;

  /** Both columns grow; what is said of a row is there before the row is asked for. */
  constructor(files: Pick<FileColumns, "compress">) {
    this.#files = files;
  }

  /** The column of the hashes, as far as it was given. */
  get hashes(): Uint8Array<ArrayBuffer> {
    return this.#hashes;
  }

  /** The hashes of some rows, from this one on. */
  setHashes(row: number, hashes: Uint8Array): void {
    const end = hashBytes * row + hashes.length;
    if (end > this.#hashes.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes.set(hashes, hashBytes * row);
  }

  /** The first row with the content of this one: itself when there was none. */
  firstOf(row: number): number {
    const slot = this.#slotOf(row);
    const found = this.#slots[slot] ?? 0;
    if (found > 0) return found - 1;
    this.#slots[slot] = row + 1;
    this.#used++;
    if (2 * this.#used > this.#slots.length) this.#enlarge();
    return row;
  }

  /** Whether two rows have content that is stored once. */
  areEqual(a: number, b: number): boolean {
    const { compress } = this.#files;
    if (compress[a] !== compress[b]) return false;
    for (let index = 0; index < hashBytes; index++) {
      if (this.#hashes[hashBytes * a + index] !== this.#hashes[hashBytes * b + index]) return false;
    }
    return true;
  }

  /** Where a row with this content is, or would be. The number of slots is a power of two. */
  #slotOf(row: number): number {
    const mask = this.#slots.length - 1;
    const at = hashBytes * row;
    const hash = this.#hashes;
    let slot =
      ((hash[at] ?? 0) |
        ((hash[at + 1] ?? 0) << 8) |
        ((hash[at + 2] ?? 0) << 16) |
        ((hash[at + 3] ?? 0) << 24)) &
      mask;
    for (let found = this.#slots[slot] ?? 0; found > 0; found = this.#slots[slot] ?? 0) {
      if (this.areEqual(found - 1, row)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #enlarge(): void {
    const smaller = this.#slots;
    this.#slots = new Uint32Array(4 * smaller.length);
    for (let slot = 0; slot < smaller.length; slot++) {
      const found = smaller[slot] ?? 0;
      if (found > 0) this.#slots[this.#slotOf(found - 1)] = found;
    }
  }
}
