import { follow, invalidIndex, readLayout, vectorLength, vtableOf } from "./flatbuffer.js";
import type { FlatBuffer } from "./flatbuffer.js";
import {
  chunkedFileSlots,
  compressionNone,
  hashBytes,
  maxChunkBytes,
  minChunkBytes,
} from "./index-schema.js";
import type { EntryColumns } from "./entry-columns.js";
import { pathText } from "./path-bytes.js";

/** What a file has to have for what is said of its chunks to be true of it: the columns are put into another order later. */
export interface Described {
  readonly size: number;
  readonly storedSize: number;
  readonly compression: number;
  readonly hashStart: number;
}

/** How one file is cut. Hashes and sizes stay where they are in the index. */
export interface ChunkedFile {
  /** The file's number in the index. Files that are stored in the same bytes may share what is said of one of them. */
  readonly entry: number;
  readonly described: Described;
  readonly count: number;
  /** Of each chunk but the last; of content-defined ones, what they aim at. */
  readonly chunkSize: number;
  /** Where the hashes are in the index: 32 bytes each. */
  readonly hashStart: number;
  /** Where the stored sizes are, 4 bytes each; 0 of a file that is stored as it is, whose chunks are as large as they are. */
  readonly storedSizesStart: number;
  /** Where the sizes are, 4 bytes each; 0 of fixed ones. */
  readonly sizesStart: number;
}

/** The files that an index has chunks of, by where their stored bytes begin: that is a place of one of them only. */
export type ChunkTable = ReadonlyMap<number, ChunkedFile>;

export const noChunks: ChunkTable = new Map();

/** Bytes of the fields in each slot of a chunked file. */
const widths = [4, 4, 4, 4, 4];

/**
 * Reads the chunk table and checks that what it says of each file is a partition of the file's content and of its stored
 * bytes, and that these are no part of another file's. One pass; work is bounded by the size of the index, as no two
 * files may share hashes or sizes.
 */
export function readChunkTable(buffer: FlatBuffer, at: number, columns: EntryColumns): ChunkTable {
  const list = follow(buffer, at, "the list of chunked files");
  const count = vectorLength(buffer, list, 4, "the list of chunked files");
  const files = new Map<number, ChunkedFile>();
  let unclaimed = buffer.bytes.length;
  let previous = -1;
  for (let i = 0; i < count; i++) {
    const file = readChunkedFile(buffer, follow(buffer, list + 4 + 4 * i, "a chunked file"), columns);
    if (file.entry <= previous) throw invalidIndex("its chunked files are not in the order of their entries");
    previous = file.entry;
    // Hashes that are shared could make the work quadratic: a large file for each few bytes of index.
    unclaimed -= hashBytes * file.count;
    if (unclaimed < 0) throw invalidIndex("its chunked files share hashes");
    checkChunks(buffer, file, columns);
    const start = columns.dataOffset[file.entry] ?? 0;
    if (files.has(start))
      throw damaged(buffer, columns, file.entry, "it shares stored bytes with another one");
    files.set(start, file);
  }
  checkOverlaps(buffer, files, columns);
  return files;
}

function readChunkedFile(buffer: FlatBuffer, table: number, columns: EntryColumns): ChunkedFile {
  const { bytes, view } = buffer;
  const { fields, tableSize } = readLayout(buffer, vtableOf(buffer, table), widths, "a chunked file");
  if (table + tableSize > bytes.length) throw invalidIndex("a chunked file lies outside of the index");
  const number = (slot: number): number => {
    const field = fields[slot] ?? 0;
    return field === 0 ? 0 : view.getUint32(table + field, true);
  };
  const vector = (slot: number, size: number, what: string): { start: number; length: number } => {
    const field = fields[slot] ?? 0;
    if (field === 0) return { start: 0, length: 0 };
    const begin = follow(buffer, table + field, what);
    return { start: begin + 4, length: vectorLength(buffer, begin, size, what) };
  };
  const entry = number(chunkedFileSlots.entry);
  if (entry >= columns.size.length) throw invalidIndex("it has chunks of a file that it does not list");
  const chunkSize = number(chunkedFileSlots.chunkSize);
  if (chunkSize < minChunkBytes || chunkSize > maxChunkBytes) {
    throw damaged(buffer, columns, entry, `they cannot be of ${chunkSize} bytes`);
  }
  const hashes = vector(chunkedFileSlots.hashes, 1, "a list of hashes");
  const count = hashes.length / hashBytes;
  if (!Number.isInteger(count))
    throw damaged(buffer, columns, entry, "their hashes are not of 32 bytes each");
  const storedSizes = vector(chunkedFileSlots.storedSizes, 4, "a list of stored sizes");
  const sizes = vector(chunkedFileSlots.sizes, 4, "a list of chunk sizes");
  if ((storedSizes.start === 0) !== (columns.compression[entry] === compressionNone)) {
    throw damaged(
      buffer,
      columns,
      entry,
      "stored sizes are for compressed files, and all of these have them",
    );
  }
  for (const { start, length } of [storedSizes, sizes]) {
    if (start === 0 || length === count) continue;
    throw damaged(buffer, columns, entry, `there are ${count} hashes and ${length} sizes`);
  }
  return {
    entry,
    described: {
      size: columns.size[entry] ?? 0,
      storedSize: columns.storedSize[entry] ?? 0,
      compression: columns.compression[entry] ?? 0,
      hashStart: columns.hashStart[entry] ?? 0,
    },
    count,
    chunkSize,
    hashStart: hashes.start,
    storedSizesStart: storedSizes.start,
    sizesStart: sizes.start,
  };
}

function checkChunks(buffer: FlatBuffer, file: ChunkedFile, columns: EntryColumns): void {
  const { entry, count, chunkSize, storedSizesStart, sizesStart, described } = file;
  const { size } = described;
  if (size === 0) throw damaged(buffer, columns, entry, "it is empty");
  if (sizesStart === 0 && count !== Math.ceil(size / chunkSize)) {
    throw damaged(buffer, columns, entry, `${count} of ${chunkSize} bytes are not its ${size}`);
  }
  if (sizesStart !== 0) checkSizes(buffer, file, columns, size);
  if (storedSizesStart === 0) return;
  let stored = 0;
  for (let i = 0; i < count; i++) {
    const one = buffer.view.getUint32(storedSizesStart + 4 * i, true);
    if (one === 0) throw damaged(buffer, columns, entry, `nothing is stored for number ${i}`);
    stored += one;
  }
  if (stored === described.storedSize) return;
  const why = `they are stored in ${stored} bytes, and the file in ${described.storedSize}`;
  throw damaged(buffer, columns, entry, why);
}

function checkSizes(
  { view, bytes }: FlatBuffer,
  { entry, count, sizesStart }: ChunkedFile,
  columns: EntryColumns,
  size: number,
): void {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const one = view.getUint32(sizesStart + 4 * i, true);
    const least = i === count - 1 ? 1 : minChunkBytes;
    if (one < least || one > maxChunkBytes) {
      throw damaged({ bytes, view }, columns, entry, `number ${i} cannot be of ${one} bytes`);
    }
    sum += one;
  }
  if (sum === size) return;
  throw damaged({ bytes, view }, columns, entry, `they have ${sum} bytes, and the file ${size}`);
}

/** Stored bytes of a chunked file belong to it, and to files that are stored in the same bytes. */
function checkOverlaps(buffer: FlatBuffer, files: ChunkTable, columns: EntryColumns): void {
  if (files.size === 0) return;
  const { dataOffset, storedSize } = columns;
  const starts = Float64Array.from(files.keys()).toSorted();
  const ends = starts.map((start) => start + (files.get(start)?.described.storedSize ?? 0));
  for (let i = 0; i < dataOffset.length; i++) {
    const start = dataOffset[i] ?? 0;
    const end = start + (storedSize[i] ?? 0);
    if (end === start) continue;
    // The last one that begins before this file ends. That they are disjoint is found when it is their turn.
    const at = lastBelow(starts, end);
    if (at < 0 || (ends[at] ?? 0) <= start) continue;
    if (starts[at] === start && ends[at] === end) continue;
    throw damaged(
      buffer,
      columns,
      i,
      "it shares a part of its stored bytes with a file that is cut into chunks",
    );
  }
}

/** The place of the last number below a limit, of ascending ones; -1 when there is none. */
function lastBelow(numbers: Float64Array, limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function damaged({ bytes }: FlatBuffer, columns: EntryColumns, entry: number, why: string): Error {
  const path = pathText(bytes, columns.pathStart[entry] ?? 0, columns.pathLength[entry] ?? 0);
  return invalidIndex(`the chunks of ${JSON.stringify(path)} are damaged: ${why}`, path);
}
