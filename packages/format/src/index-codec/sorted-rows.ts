import { rowsPerStep } from "./steps.js";
import type { Steps } from "./steps.js";

/** The order of two rows, by their numbers. */
export type CompareRows = (a: number, b: number) => number;

/**
 * The numbers of rows, sorted; equal ones stay in their order. Merges what is in order already: rows that are nearly
 * sorted, as the indexes of other writers are, take little more than one look at each.
 */
export function* sortedRows(count: number, compare: CompareRows): Steps<Uint32Array> {
  let rows: Uint32Array = Uint32Array.from({ length: count }, (_, row) => row);
  let other: Uint32Array = new Uint32Array(count);
  let runs = yield* ascendingRuns(count, compare);
  let done = 0;
  while (runs.length > 1) {
    const merged: number[] = [];
    let from = 0;
    for (let run = 0; run < runs.length; run += 2) {
      const middle = runs[run] ?? count;
      const to = runs[run + 1] ?? middle;
      const merge = new Merge(rows, other, compare, from, middle, to);
      while (!merge.isDone) {
        done += merge.some(rowsPerStep - (done % rowsPerStep));
        if (done % rowsPerStep === 0) yield;
      }
      merged.push(to);
      from = to;
    }
    runs = merged;
    [rows, other] = [other, rows];
  }
  return rows;
}

/** Where each run of ascending rows ends. */
function* ascendingRuns(count: number, compare: CompareRows): Steps<readonly number[]> {
  const ends: number[] = [];
  for (let row = 1; row < count; row++) {
    if (compare(row - 1, row) > 0) ends.push(row);
    if (row % rowsPerStep === 0) yield;
  }
  if (count > 0) ends.push(count);
  return ends;
}

/** Two neighbouring runs that become one, at the same place of the other array. */
class Merge {
  readonly #rows: Uint32Array;
  readonly #merged: Uint32Array;
  readonly #compare: CompareRows;
  readonly #middle: number;
  readonly #to: number;
  #left: number;
  #right: number;
  #at: number;

  constructor(
    rows: Uint32Array,
    merged: Uint32Array,
    compare: CompareRows,
    from: number,
    middle: number,
    to: number,
  ) {
    this.#rows = rows;
    this.#merged = merged;
    this.#compare = compare;
    this.#middle = middle;
    this.#to = to;
    this.#left = from;
    this.#right = middle;
    this.#at = from;
  }

  get isDone(): boolean {
    return this.#at === this.#to;
  }

  /** Merges so many rows, or all that are left. Returns how many. */
  some(most: number): number {
    const begin = this.#at;
    const end = Math.min(this.#to, begin + most);
    const rows = this.#rows;
    for (; this.#at < end; this.#at++) {
      const left = rows[this.#left] ?? 0;
      const right = rows[this.#right] ?? 0;
      const takesRight =
        this.#left === this.#middle || (this.#right < this.#to && this.#compare(left, right) > 0);
      this.#merged[this.#at] = takesRight ? right : left;
      if (takesRight) this.#right++;
      else this.#left++;
    }
    return end - begin;
  }
}
