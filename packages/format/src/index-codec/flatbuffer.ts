import { FormatError } from "../errors.js";

/**
 * Reads FlatBuffers that may contain anything. Every function checks that what it reads lies inside of the buffer and
 * throws `InvalidIndex` otherwise. Alignment is not asked for: nothing here depends on it.
 */
export interface FlatBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Where a table's fields lie. Tables with the same layout share a vtable, so this is read once for most of them. */
export interface TableLayout {
  /** Where the vtable is: what tables with this layout refer to. */
  readonly vtable: number;
  /** Bytes that a table with this layout takes. */
  readonly tableSize: number;
  /** For each slot, how far from the table's start its field is; 0 when the table does not have it. */
  readonly fields: readonly number[];
}

export function createFlatBuffer(bytes: Uint8Array): FlatBuffer {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** The position that the offset at `at` refers to. Offsets are unsigned: what they refer to comes after them. */
export function follow({ view }: FlatBuffer, at: number, what: string): number {
  const position = at + view.getUint32(at, true);
  if (position === at || position + 4 > view.byteLength)
    throw invalidIndex(`${what} lies outside of the index`);
  return position;
}

/** The position of the vtable of the table at `table`. */
export function vtableOf({ view }: FlatBuffer, table: number): number {
  return table - view.getInt32(table, true);
}

/**
 * Reads a vtable and checks that each known field fits into the table. `widths` has a field's size for every slot, 0 for
 * those that are skipped.
 */
export function readLayout(
  { view }: FlatBuffer,
  vtable: number,
  widths: readonly number[],
  what: string,
): TableLayout {
  if (vtable < 0 || vtable + 4 > view.byteLength)
    throw invalidIndex(`the layout of ${what} lies outside of the index`);
  const vtableSize = view.getUint16(vtable, true);
  const tableSize = view.getUint16(vtable + 2, true);
  if (vtableSize < 4 || vtableSize % 2 !== 0 || vtable + vtableSize > view.byteLength || tableSize < 4) {
    throw invalidIndex(`the layout of ${what} is damaged`);
  }
  const fields = widths.map((width, slot) => {
    const at = 4 + 2 * slot;
    const field = width > 0 && at < vtableSize ? view.getUint16(vtable + at, true) : 0;
    if (field !== 0 && (field < 4 || field + width > tableSize)) {
      throw invalidIndex(`field ${slot} of ${what} lies outside of it`);
    }
    return field;
  });
  return { vtable, tableSize, fields };
}

/** The length of the vector at `vector`, whose elements lie inside of the index. */
export function vectorLength(
  { view }: FlatBuffer,
  vector: number,
  elementSize: number,
  what: string,
): number {
  const length = view.getUint32(vector, true);
  if (vector + 4 + length * elementSize > view.byteLength)
    throw invalidIndex(`${what} is longer than the index`);
  return length;
}

/** Where the bytes are of a vector that has to have so many. */
export function fixedBytes(buffer: FlatBuffer, at: number, length: number, what: string): number {
  const vector = follow(buffer, at, what);
  const actual = vectorLength(buffer, vector, 1, what);
  if (actual !== length) throw invalidIndex(`${what} has ${actual} bytes instead of ${length}`);
  return vector + 4;
}

/** An unsigned 64-bit number; above what a number holds exactly it comes out as infinite, which no limit lets through. */
export function readUint64({ view }: FlatBuffer, at: number): number {
  return joinedUint64(view.getUint32(at + 4, true), view.getUint32(at, true));
}

/** {@link readUint64} of its two halves. */
export function joinedUint64(high: number, low: number): number {
  return high > 0x1f_ffff ? Infinity : high * 0x1_0000_0000 + low;
}

export function invalidIndex(problem: string, path?: string): FormatError {
  return new FormatError("InvalidIndex", `The index cannot be trusted: ${problem}`, { path });
}
