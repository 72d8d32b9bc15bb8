import type { Chunk, FileChunks } from "../entry.js";
import type { ChunkedFile } from "./chunk-table.js";
import { hashBytes } from "./index-schema.js";
import type { IndexTable } from "./index-table.js";

/** Where each chunk begins is summed up once, however often a file is read. */
const made = new WeakMap<ChunkedFile, FileChunks>();

/** The chunks of the file at a place; `undefined` when the index does not say how it is cut. */
export function chunksAt(table: IndexTable, at: number): FileChunks | undefined {
  const { bytes, chunks, columns } = table;
  const dataOffset = columns.dataOffset[at] ?? 0;
  const file = chunks.get(dataOffset);
  const storedSize = columns.storedSize[at] ?? 0;
  const size = columns.size[at] ?? 0;
  if (file === undefined || storedSize === 0 || size === 0) return undefined;
  const { described } = file;
  // Files with equal content are stored once, and described once. What is only stored in the same bytes is not described.
  const isThis =
    described.size === size &&
    described.storedSize === storedSize &&
    described.compression === columns.compression[at] &&
    areEqual(bytes, described.hashStart, columns.hashStart[at] ?? 0);
  if (!isThis) return undefined;
  const known = made.get(file);
  if (known !== undefined) return known;
  const chunksOfFile = createFileChunks(bytes, file, dataOffset, size);
  made.set(file, chunksOfFile);
  return chunksOfFile;
}

function areEqual(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < hashBytes; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

function createFileChunks(
  bytes: Uint8Array,
  file: ChunkedFile,
  dataOffset: number,
  fileSize: number,
): FileChunks {
  const { count, chunkSize, hashStart, storedSizesStart, sizesStart } = file;
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
