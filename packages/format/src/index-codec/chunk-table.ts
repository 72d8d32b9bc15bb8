import { fixedBytes, follow, invalidIndex, readLayout, vectorLength, vtableOf } from "./flatbuffer.js";
import type { FlatBuffer, TableLayout } from "./flatbuffer.js";
import {
  chunkedFileSlots,
  compressionNone,
  compressionZstd,
  hashBytes,
  maxChunkBytes,
  minChunkBytes,
} from "./index-schema.js";
import type { EntryColumns } from "./entry-columns.js";
import { compressionOf } from "./entry-fields.js";
import { pathText } from "./path-bytes.js";
import { hashOfSizes } from "./sizes-hash.js";
import { sortedRows } from "./sorted-rows.js";
import { rowsPerStep } from "./steps.js";
import type { Steps } from "./steps.js";
import { storedSizeProblem } from "../zstd/frame-limits.js";

/**
 * How files are cut, as columns: element `i` of each is about one file, in the order of where their stored bytes begin,
 * which is another place for each. Hashes and sizes stay where they are in the index. 24 bytes a file.
 */
export interface ChunkTable {
  readonly count: number;
  /** The file's number in the index. Files that are stored in the same bytes may share what is said of one of them. */
  readonly entry: Uint32Array;
  /** How many chunks it has: at least one. */
  readonly chunkCount: Uint32Array;
  /** Of each chunk but the last; of content-defined ones, what they aim at. */
  readonly chunkSize: Uint32Array;
  /** Where the hashes are in the index: 32 bytes each. */
  readonly hashStart: Uint32Array;
  /** Where the stored sizes are, 4 bytes each; 0 of a file that is stored as it is, whose chunks are as large as they are. */
  readonly storedSizesStart: Uint32Array;
  /** Where the sizes are, 4 bytes each; 0 of fixed ones. */
  readonly sizesStart: Uint32Array;
}

export const noChunks: ChunkTable = createChunkTable(0);

/** Bytes of the fields in each slot of a chunked file. */
const widths = [4, 4, 4, 4, 4, 4];

/**
 * What a chunked file takes at least beside its hashes: its place in the list, a table with the two fields that are never
 * left out, and the length of the hashes.
 */
const minRecordBytes = 4 + 12 + 4;

/**
 * Reads the chunk table and checks that what it says of each file is a partition of the file's content and of its stored
 * bytes, and that these are no part of another file's. Work and memory are bounded by the size of the index, as each
 * chunk has to have room for a hash of its own in it.
 */
export function* chunkTableSteps(buffer: FlatBuffer, at: number, columns: EntryColumns): Steps<ChunkTable> {
  const list = follow(buffer, at, "the list of chunked files");
  const count = vectorLength(buffer, list, 4, "the list of chunked files");
  let unclaimed = buffer.bytes.length - count * minRecordBytes;
  if (unclaimed < 0) throw invalidIndex(`it has no room for the ${count} chunked files that it lists`);
  const table = createChunkTable(count);
  let layout: TableLayout | undefined;
  let done = 0;
  for (let i = 0; i < count; i++) {
    if (done > rowsPerStep) {
      yield;
      done = 0;
    }
    layout = readChunkedFile(
      buffer,
      follow(buffer, list + 4 + 4 * i, "a chunked file"),
      layout,
      table,
      i,
      columns,
    );
    if (i > 0 && (table.entry[i] ?? 0) <= (table.entry[i - 1] ?? 0))
      throw invalidIndex("its chunked files are not in the order of their entries");
    // Hashes that are shared could make the work quadratic: a large file for each few bytes of index.
    unclaimed -= hashBytes * (table.chunkCount[i] ?? 0);
    if (unclaimed < 0) throw invalidIndex("its chunked files share hashes");
    checkChunks(buffer, table, i, columns);
    done += 1 + (table.chunkCount[i] ?? 0);
  }
  const sorted = yield* inDataOrder(table, columns);
  yield* checkOverlaps(buffer, sorted, columns);
  return sorted;
}

/** The place in the table of the file whose stored bytes begin here; -1 when there is none. */
export function findChunkedFile(
  { count, entry }: ChunkTable,
  { dataOffset }: EntryColumns,
  start: number,
): number {
  const at = lastBelow(count, (i) => dataOffset[entry[i] ?? 0] ?? 0, start + 1);
  return at >= 0 && dataOffset[entry[at] ?? 0] === start ? at : -1;
}

/** The same table for entries that are put into another order: `order` has the old number of each. */
export function renumbered(table: ChunkTable, order: Uint32Array): ChunkTable {
  if (table.count === 0) return table;
  const numbers = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) numbers[order[i] ?? 0] = i;
  return { ...table, entry: table.entry.map((entry) => numbers[entry] ?? 0) };
}

function createChunkTable(count: number): ChunkTable {
  return {
    count,
    entry: new Uint32Array(count),
    chunkCount: new Uint32Array(count),
    chunkSize: new Uint32Array(count),
    hashStart: new Uint32Array(count),
    storedSizesStart: new Uint32Array(count),
    sizesStart: new Uint32Array(count),
  };
}

/** Returns the layout that the table has: mostly that of the previous one. */
function readChunkedFile(
  buffer: FlatBuffer,
  at: number,
  previous: TableLayout | undefined,
  table: ChunkTable,
  i: number,
  columns: EntryColumns,
): TableLayout {
  const { bytes, view } = buffer;
  const vtable = vtableOf(buffer, at);
  const layout =
    vtable === previous?.vtable ? previous : readLayout(buffer, vtable, widths, "a chunked file");
  const { fields, tableSize } = layout;
  if (at + tableSize > bytes.length) throw invalidIndex("a chunked file lies outside of the index");
  const entryField = fields[chunkedFileSlots.entry] ?? 0;
  const chunkSizeField = fields[chunkedFileSlots.chunkSize] ?? 0;
  const hashesField = fields[chunkedFileSlots.hashes] ?? 0;
  const storedSizesField = fields[chunkedFileSlots.storedSizes] ?? 0;
  const sizesField = fields[chunkedFileSlots.sizes] ?? 0;
  const sizesHashField = fields[chunkedFileSlots.sizesHash] ?? 0;
  const entry = entryField === 0 ? 0 : view.getUint32(at + entryField, true);
  if (entry >= columns.size.length) throw invalidIndex("it has chunks of a file that it does not list");
  const chunkSize = chunkSizeField === 0 ? 0 : view.getUint32(at + chunkSizeField, true);
  if (chunkSize < minChunkBytes || chunkSize > maxChunkBytes)
    throw damaged(buffer, columns, entry, `they cannot be of ${chunkSize} bytes`);
  if (hashesField === 0) throw damaged(buffer, columns, entry, "they have no hashes");
  if (
    (storedSizesField === 0) !==
    (compressionOf(view, columns.tableStart[entry] ?? 0) === compressionNone)
  ) {
    const why = "stored sizes are for compressed files, and all of these have them";
    throw damaged(buffer, columns, entry, why);
  }
  if ((sizesHashField === 0) !== (sizesField === 0))
    throw damaged(buffer, columns, entry, "sizes come with their hash, and without them there is none");
  const hashes = follow(buffer, at + hashesField, "a list of hashes");
  const count = vectorLength(buffer, hashes, 1, "a list of hashes") / hashBytes;
  if (!Number.isInteger(count))
    throw damaged(buffer, columns, entry, "their hashes are not of 32 bytes each");
  const sizesAt = (field: number, what: string): number => {
    if (field === 0) return 0;
    const vector = follow(buffer, at + field, what);
    const length = vectorLength(buffer, vector, 4, what);
    if (length === count) return vector + 4;
    throw damaged(buffer, columns, entry, `there are ${count} hashes and ${length} sizes`);
  };
  table.entry[i] = entry;
  table.chunkCount[i] = count;
  table.chunkSize[i] = chunkSize;
  table.hashStart[i] = hashes + 4;
  table.storedSizesStart[i] = sizesAt(storedSizesField, "a list of stored sizes");
  const sizesStart = sizesAt(sizesField, "a list of chunk sizes");
  table.sizesStart[i] = sizesStart;
  if (sizesStart !== 0) {
    const hash = fixedBytes(buffer, at + sizesHashField, hashBytes, "the hash of chunk sizes");
    const fileHashStart = columns.hashStart[entry] ?? 0;
    const right = hashOfSizes(
      bytes.subarray(fileHashStart, fileHashStart + hashBytes),
      bytes.subarray(sizesStart, sizesStart + 4 * count),
    );
    if (!right.every((byte, place) => byte === bytes[hash + place]))
      throw damaged(buffer, columns, entry, "their sizes do not have their hash");
  }
  return layout;
}

/** Checks that the chunks are all of the file's content and of its stored bytes, and that each can be what it should be. */
function checkChunks(buffer: FlatBuffer, table: ChunkTable, i: number, columns: EntryColumns): void {
  const { view } = buffer;
  const entry = table.entry[i] ?? 0;
  const count = table.chunkCount[i] ?? 0;
  const chunkSize = table.chunkSize[i] ?? 0;
  const storedSizesStart = table.storedSizesStart[i] ?? 0;
  const sizesStart = table.sizesStart[i] ?? 0;
  const fileSize = columns.size[entry] ?? 0;
  const isZstd = compressionOf(view, columns.tableStart[entry] ?? 0) === compressionZstd;
  if (fileSize === 0) throw damaged(buffer, columns, entry, "it is empty");
  if (sizesStart === 0 && count !== Math.ceil(fileSize / chunkSize))
    throw damaged(buffer, columns, entry, `${count} of ${chunkSize} bytes are not its ${fileSize}`);
  if (sizesStart === 0 && storedSizesStart === 0) return;
  let size = 0;
  let storedSize = 0;
  for (let chunk = 0; chunk < count; chunk++) {
    const one =
      sizesStart === 0 ? Math.min(chunkSize, fileSize - size) : view.getUint32(sizesStart + 4 * chunk, true);
    if (one < (chunk === count - 1 ? 1 : minChunkBytes) || one > maxChunkBytes)
      throw damaged(buffer, columns, entry, `number ${chunk} cannot be of ${one} bytes`);
    size += one;
    if (storedSizesStart === 0) continue;
    const stored = view.getUint32(storedSizesStart + 4 * chunk, true);
    if (stored === 0) throw damaged(buffer, columns, entry, `nothing is stored for number ${chunk}`);
    const problem = isZstd ? storedSizeProblem(stored, one) : undefined;
    if (problem !== undefined) throw damaged(buffer, columns, entry, `number ${chunk}: ${problem}`);
    storedSize += stored;
  }
  if (size !== fileSize)
    throw damaged(buffer, columns, entry, `they have ${size} bytes, and the file ${fileSize}`);
  if (storedSizesStart === 0 || storedSize === columns.storedSize[entry]) return;
  const why = `they are stored in ${storedSize} bytes, and the file in ${columns.storedSize[entry]}`;
  throw damaged(buffer, columns, entry, why);
}

/** The table in the order of where stored bytes begin: honest ones have it already. */
function* inDataOrder(table: ChunkTable, { dataOffset }: EntryColumns): Steps<ChunkTable> {
  const startOf = (i: number): number => dataOffset[table.entry[i] ?? 0] ?? 0;
  let isSorted = true;
  for (let i = 1; i < table.count && isSorted; i++) isSorted = startOf(i - 1) <= startOf(i);
  if (isSorted) return table;
  const order = yield* sortedRows(table.count, (a, b) => startOf(a) - startOf(b));
  const sorted = (column: Uint32Array): Uint32Array => order.map((i) => column[i] ?? 0);
  return {
    count: table.count,
    entry: sorted(table.entry),
    chunkCount: sorted(table.chunkCount),
    chunkSize: sorted(table.chunkSize),
    hashStart: sorted(table.hashStart),
    storedSizesStart: sorted(table.storedSizesStart),
    sizesStart: sorted(table.sizesStart),
  };
}

/** Stored bytes of a chunked file belong to it, and to files that are stored in the same bytes. */
function* checkOverlaps(buffer: FlatBuffer, table: ChunkTable, columns: EntryColumns): Steps<void> {
  if (table.count === 0) return;
  const { dataOffset, storedSize } = columns;
  const starts = new Float64Array(table.count);
  const ends = new Float64Array(table.count);
  for (let i = 0; i < table.count; i++) {
    const entry = table.entry[i] ?? 0;
    starts[i] = dataOffset[entry] ?? 0;
    ends[i] = (starts[i] ?? 0) + (storedSize[entry] ?? 0);
    if (i > 0 && (ends[i - 1] ?? 0) > (starts[i] ?? 0))
      throw damaged(buffer, columns, entry, "it shares stored bytes with another one");
  }
  for (let i = 0; i < dataOffset.length; i++) {
    if (i % rowsPerStep === 0) yield;
    const start = dataOffset[i] ?? 0;
    const end = start + (storedSize[i] ?? 0);
    if (end === start) continue;
    // The last one that begins before this file ends: they are disjoint, so that those before it end before it begins.
    const at = lastBelow(table.count, (place) => starts[place] ?? 0, end);
    if (at < 0 || (ends[at] ?? 0) <= start) continue;
    if (starts[at] === start && ends[at] === end) continue;
    const why = "it shares a part of its stored bytes with a file that is cut into chunks";
    throw damaged(buffer, columns, i, why);
  }
}

/** The place of the last number below a limit, of ascending ones; -1 when there is none. */
function lastBelow(count: number, numberAt: (place: number) => number, limit: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numberAt(middle) < limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function damaged({ bytes }: FlatBuffer, columns: EntryColumns, entry: number, why: string): Error {
  const path = pathText(bytes, columns.pathStart[entry] ?? 0, columns.pathLength[entry] ?? 0);
  return invalidIndex(`the chunks of ${JSON.stringify(path)} are damaged: ${why}`, path);
}
