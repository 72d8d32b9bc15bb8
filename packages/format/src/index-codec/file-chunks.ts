import type { Chunk, FileChunks } from "../entry.js";
import { findChunkedFile } from "./chunk-table.js";
import type { ChunkTable } from "./chunk-table.js";
import type { EntryColumns } from "./entry-columns.js";
import { compressionOf } from "./entry-fields.js";
import { hashBytes } from "./index-schema.js";
import type { IndexTable } from "./index-table.js";

/** With more chunks, the places of all are kept once they were summed up: any number of files may share them. */
const maxSummedAgain = 64;

/** By the table, and by the place in it. */
const kept = new WeakMap<ChunkTable, Map<number, FileChunks>>();

/** The chunks of the file at a place; `undefined` when the index does not say how it is cut. */
export function chunksAt(table: IndexTable, at: number): FileChunks | undefined {
  const { bytes, view, chunks, columns } = table;
  const { dataOffset, storedSize, size, hashStart, tableStart } = columns;
  // What is stored in no bytes may begin where a file with chunks does.
  if (chunks.count === 0 || storedSize[at] === 0) return undefined;
  const place = findChunkedFile(chunks, columns, dataOffset[at] ?? 0);
  if (place < 0) return undefined;
  const described = chunks.entry[place] ?? 0;
  // Files with equal content are stored once, and described once. What is only stored in the same bytes is not described.
  const isThis =
    size[described] === size[at] &&
    storedSize[described] === storedSize[at] &&
    compressionOf(view, tableStart[described] ?? 0) === compressionOf(view, tableStart[at] ?? 0) &&
    areEqual(bytes, hashStart[described] ?? 0, hashStart[at] ?? 0);
  return isThis ? fileChunksAt(table, place) : undefined;
}

function fileChunksAt({ bytes, chunks, columns }: IndexTable, place: number): FileChunks {
  const create = (): FileChunks => createFileChunks(bytes, chunks, place, columns);
  if ((chunks.chunkCount[place] ?? 0) <= maxSummedAgain) return create();
  let ofTable = kept.get(chunks);
  if (ofTable === undefined) kept.set(chunks, (ofTable = new Map()));
  let fileChunks = ofTable.get(place);
  if (fileChunks === undefined) ofTable.set(place, (fileChunks = create()));
  return fileChunks;
}

function areEqual(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < hashBytes; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

function createFileChunks(
  bytes: Uint8Array,
  chunks: ChunkTable,
  place: number,
  columns: EntryColumns,
): FileChunks {
  const entry = chunks.entry[place] ?? 0;
  const fileSize = columns.size[entry] ?? 0;
  const dataOffset = columns.dataOffset[entry] ?? 0;
  const count = chunks.chunkCount[place] ?? 0;
  const chunkSize = chunks.chunkSize[place] ?? 0;
  const hashStart = chunks.hashStart[place] ?? 0;
  const storedSizesStart = chunks.storedSizesStart[place] ?? 0;
  const sizesStart = chunks.sizesStart[place] ?? 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Where each begins, and the last one ends.
  const offsets =
    sizesStart === 0 ? undefined : sumsOf(count, (index) => view.getUint32(sizesStart + 4 * index, true));
  const storedOffsets =
    storedSizesStart === 0
      ? undefined
      : sumsOf(count, (index) => view.getUint32(storedSizesStart + 4 * index, true));
  const offsetOf = (index: number): number => offsets?.[index] ?? Math.min(index * chunkSize, fileSize);
  const storedOffsetOf = (index: number): number => storedOffsets?.[index] ?? offsetOf(index);

  function at(index: number): Chunk | undefined {
    if (!Number.isInteger(index) || index < 0 || index >= count) return undefined;
    const offset = offsetOf(index);
    const storedOffset = storedOffsetOf(index);
    const hash = hashStart + hashBytes * index;
    return {
      index,
      offset,
      size: offsetOf(index + 1) - offset,
      hash: bytes.subarray(hash, hash + hashBytes),
      dataOffset: dataOffset + storedOffset,
      storedSize: storedOffsetOf(index + 1) - storedOffset,
    };
  }

  return {
    count,
    boundaries: offsets === undefined ? "fixed" : "content",
    chunkSize,
    at,
    indexOf(offset) {
      if (offsets === undefined) return Math.floor(offset / chunkSize);
      let low = 0;
      let high = count - 1;
      while (low < high) {
        const middle = (low + high + 1) >>> 1;
        if ((offsets[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return low;
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < count; index++) {
        const chunk = at(index);
        if (chunk !== undefined) yield chunk;
      }
    },
  };
}

/** The sums of the first 0, 1, … `count` sizes. */
function sumsOf(count: number, sizeOf: (index: number) => number): Float64Array {
  const sums = new Float64Array(count + 1);
  for (let index = 0; index < count; index++) sums[index + 1] = (sums[index] ?? 0) + sizeOf(index);
  return sums;
}
