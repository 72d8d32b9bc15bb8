import type { EntryColumns } from "./entry-columns.js";
import { invalidIndex } from "./flatbuffer.js";
import { checkPathBytes, pathText } from "./path-bytes.js";

const slash = 0x2f;

/**
 * Checks paths one after another: each by itself, and against the one before it. What a path has in common with that one
 * was checked with it.
 *
 * As long as paths ascend, this also refuses duplicates and files that are directories of others. The paths that begin
 * with a path follow it without a gap. So the candidates for a conflict are the files that the current path begins with: a
 * stack, from which those go that the path has no longer in common with its predecessor. Looking at its top is enough: the
 * others were compared when the top came.
 */
export class PathCheck {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  /** What a place has to have no bit in common with to be one of a word; all bits where words lie across those of the memory. */
  readonly #misplaced: number;
  #start = 0;
  #length = 0;
  readonly #prefixes: number[] = [];
  #ascends = true;

  constructor(bytes: Uint8Array) {
    const isAligned = bytes.byteOffset % 4 === 0;
    this.#bytes = bytes;
    this.#words = isAligned
      ? new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
      : new Int32Array();
    this.#misplaced = isAligned ? 3 : -1;
  }

  /** Whether all paths so far were in the order of their bytes. */
  get ascends(): boolean {
    return this.#ascends;
  }

  /** Checks the paths from one place to another, which come in order. Throws `InvalidIndex`. */
  check({ pathStart, pathLength }: EntryColumns, from: number, to: number): void {
    const bytes = this.#bytes;
    const words = this.#words;
    const misplaced = this.#misplaced;
    for (let i = from; i < to; i++) {
      const previous = this.#start;
      const start = pathStart[i] ?? 0;
      const length = pathLength[i] ?? 0;
      const end = start + (length < this.#length ? length : this.#length);
      let at = start;
      if (((start | previous) & misplaced) === 0) {
        // Whole words first, wherever these bytes are in the index.
        const back = (start - previous) >> 2;
        const wordsEnd = end >>> 2;
        let word = start >>> 2;
        while (word < wordsEnd && words[word] === words[word - back]) word++;
        at = word << 2;
      }
      const back = start - previous;
      while (at < end && bytes[at] === bytes[at - back]) at++;
      checkPathBytes(bytes, start, length, at - start);
      // The first one has no predecessor, and nothing in common with it.
      if (this.#ascends && i > 0) this.#compare(start, length, at - start);
      this.#start = start;
      this.#length = length;
    }
  }

  #compare(start: number, length: number, common: number): void {
    if (common < length && common < this.#length) {
      if ((this.#bytes[this.#start + common] ?? 0) > (this.#bytes[start + common] ?? 0)) {
        this.#ascends = false;
        return;
      }
    } else if (length > common) {
      this.#prefixes.push(common);
    } else if (this.#length > common) {
      this.#ascends = false;
      return;
    } else {
      throw this.#conflict("is there twice", start, length);
    }
    let longest = this.#prefixes.at(-1);
    if (longest === undefined) return;
    while (longest !== undefined && longest > common) {
      this.#prefixes.pop();
      longest = this.#prefixes.at(-1);
    }
    if (longest !== undefined && this.#bytes[start + longest] === slash) {
      throw this.#conflict("is a file and a directory", start, longest);
    }
  }

  #conflict(what: string, start: number, length: number): Error {
    const path = pathText(this.#bytes, start, length);
    return invalidIndex(`${JSON.stringify(path)} ${what}`, path);
  }
}
