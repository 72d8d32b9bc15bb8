/**
 * Entries of an index as it was read: element `i` of each column is about file `i`. What looking up, listing and checking
 * need is here; the rest stays in the entry's table: see `entry-fields.ts`.
 */
export interface EntryColumns {
  /** Where the entry's table begins. */
  readonly tableStart: Uint32Array;
  readonly pathStart: Uint32Array;
  readonly pathLength: Uint32Array;
  readonly hashStart: Uint32Array;
  // Sizes are whole numbers below 2^53: checked, so that a double holds them.
  readonly dataOffset: Float64Array;
  readonly storedSize: Float64Array;
  readonly size: Float64Array;
}

/** Columns in which everything is zero. */
export function createColumns(count: number): EntryColumns {
  return {
    tableStart: new Uint32Array(count),
    pathStart: new Uint32Array(count),
    pathLength: new Uint32Array(count),
    hashStart: new Uint32Array(count),
    dataOffset: new Float64Array(count),
    storedSize: new Float64Array(count),
    size: new Float64Array(count),
  };
}
