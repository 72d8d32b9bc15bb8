/** Entries of an index as it was read: element `i` of each column is about file `i`. */
export interface EntryColumns {
  readonly pathStart: Uint32Array;
  readonly pathLength: Uint32Array;
  readonly hashStart: Uint32Array;
  // Sizes are whole numbers below 2^53: checked, so that a double holds them.
  readonly dataOffset: Float64Array;
  readonly storedSize: Float64Array;
  readonly size: Float64Array;
  readonly mode: Uint32Array;
  readonly uid: Uint32Array;
  readonly gid: Uint32Array;
  readonly mtimeNs: BigInt64Array;
  readonly compression: Int8Array;
}

/** Columns in which everything is zero. */
export function createColumns(count: number): EntryColumns {
  return {
    pathStart: new Uint32Array(count),
    pathLength: new Uint32Array(count),
    hashStart: new Uint32Array(count),
    dataOffset: new Float64Array(count),
    storedSize: new Float64Array(count),
    size: new Float64Array(count),
    mode: new Uint32Array(count),
    uid: new Uint32Array(count),
    gid: new Uint32Array(count),
    mtimeNs: new BigInt64Array(count),
    compression: new Int8Array(count),
  };
}
