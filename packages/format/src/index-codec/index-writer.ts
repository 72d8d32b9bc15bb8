import type { IndexColumns } from "./index-columns.js";
import type { FileCuts } from "./file-cuts.js";
import { atOnce, filesPerStep } from "./steps.js";
import type { Steps } from "./steps.js";
import { hashOfSizes } from "./sizes-hash.js";
import { chunkedFileSlots, entrySlots, hashBytes, indexSlots } from "./index-schema.js";

/**
 * The bytes of an index with these rows: a FlatBuffer, the one that the official builders make when they are called as
 * the Go implementation calls them. It is written from back to front, the last entry first, into one buffer, by code
 * that knows the two tables of the format: a command that writes one index and ends has no time for general code to
 * become fast. The columns must be right; `encodeIndex` checks those of callers.
 */
export function writeIndex(
  columns: IndexColumns,
  dataSize: number,
  dataHash: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  return atOnce(indexWritingSteps(columns, dataSize, dataHash));
}

/** {@link writeIndex}, for threads that have others to serve. */
export function* indexWritingSteps(
  columns: IndexColumns,
  dataSize: number,
  dataHash: Uint8Array | undefined,
): Steps<Uint8Array<ArrayBuffer>> {
  const writer = new IndexWriter(columns);
  const lastFirst: number[] = [];
  for (let row = columns.paths.length - 1; row >= 0; row--) {
    lastFirst.push(writer.entry(columns, row));
    if (lastFirst.length % filesPerStep === 0) yield;
  }
  // Behind the entries in the order of writing, so that those of archives without large files are where they always were.
  const cutsLastFirst = columns.cuts.toReversed().map((cuts) => writer.chunkedFile(columns, cuts));
  return writer.root(lastFirst, cutsLastFirst, dataSize, dataHash);
}

/** Where the fields of a table are. */
interface Layout {
  /** The size of the table, with the padding behind its fields. */
  readonly bytes: number;
  /** By slot: where in the table the field is, 0 for one that it does not have. */
  readonly fields: readonly number[];
  /** Where in the buffer all this is written: once, for all tables of which it is true. */
  vtable: number | undefined;
}

/** The sizes of the fields, by slot. */
const entryFields = [4, 8, 8, 8, 4, 4, 4, 4, 8, 1] as const;
const rootFields: readonly number[] = Object.assign(
  Array.from({ length: indexSlots.chunkedFiles + 1 }, () => 1),
  [1, 1, 4, 8, 4],
  { [indexSlots.chunkedFiles]: 4 },
);
const chunkedFileFields = [4, 4, 4, 4, 4, 4] as const;

/** More than an entry takes beside its path: the hash, the table, two lengths, padding, and its place in the list. */
const maxEntryBytes = 136;
/** More than a chunked file takes beside its hashes and sizes. */
const maxCutsBytes = 128;
/** More than the root and all layouts take. */
const maxOtherBytes = 64 * 1024;

const encoder = new TextEncoder();

class IndexWriter {
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  /** Everything from here on is written. What is in front of it is zero, so that padding needs not be written. */
  #start: number;
  /** The largest alignment of all that is written. */
  #alignment = 4;
  readonly #layouts: Layout[] = [];
  /** By the fields that an entry has and by where it ends, which decides on the padding. */
  readonly #entryLayouts = new Map<number, Layout>();

  constructor({ paths, cuts }: IndexColumns) {
    let units = 0;
    for (const path of paths) units += path.length;
    let chunkBytes = 0;
    for (const { hashes, storedSizes, sizes } of cuts) {
      chunkBytes += maxCutsBytes + hashes.length + 4 * ((storedSizes?.length ?? 0) + (sizes?.length ?? 0));
    }
    // A UTF-16 code unit takes at most three bytes. Memory that is never written to costs nothing.
    const bytes = 3 * units + maxEntryBytes * paths.length + chunkBytes + maxOtherBytes;
    // A multiple of 8: what is aligned in this buffer is aligned as seen from its end.
    this.#buffer = new Uint8Array(bytes - (bytes % 8));
    this.#view = new DataView(this.#buffer.buffer);
    this.#start = this.#buffer.length;
  }

  /** Writes an entry, and returns where its table begins. */
  entry(columns: IndexColumns, row: number): number {
    const path = this.#string(columns.paths[row] ?? "");
    const hash = this.#bytes(columns.hashes, hashBytes * row, hashBytes);
    const dataOffset = columns.dataOffsets[row] ?? 0;
    const storedSize = columns.storedSizes[row] ?? 0;
    const size = columns.sizes[row] ?? 0;
    const mode = columns.modes[row] ?? 0;
    const uid = columns.uids[row] ?? 0;
    const gid = columns.gids[row] ?? 0;
    const mtime = columns.mtimes[row] ?? 0n;
    const compression = columns.compressions[row] ?? 0;
    // What is zero is left out.
    let present = (1 << entrySlots.path) | (1 << entrySlots.hash);
    if (dataOffset !== 0) present |= 1 << entrySlots.dataOffset;
    if (storedSize !== 0) present |= 1 << entrySlots.dataSize;
    if (size !== 0) present |= 1 << entrySlots.originalSize;
    if (mode !== 0) present |= 1 << entrySlots.mode;
    if (uid !== 0) present |= 1 << entrySlots.uid;
    if (gid !== 0) present |= 1 << entrySlots.gid;
    if (mtime !== 0n) present |= 1 << entrySlots.mtimeNs;
    if (compression !== 0) present |= 1 << entrySlots.compression;
    const layout = this.#entryLayout(present);
    const table = this.#table(layout);
    this.#reference(table, layout, entrySlots.path, path);
    this.#reference(table, layout, entrySlots.hash, hash);
    if (dataOffset !== 0) this.#uint64(table, layout, entrySlots.dataOffset, dataOffset);
    if (storedSize !== 0) this.#uint64(table, layout, entrySlots.dataSize, storedSize);
    if (size !== 0) this.#uint64(table, layout, entrySlots.originalSize, size);
    if (mode !== 0) this.#uint32(table, layout, entrySlots.mode, mode);
    if (uid !== 0) this.#uint32(table, layout, entrySlots.uid, uid);
    if (gid !== 0) this.#uint32(table, layout, entrySlots.gid, gid);
    if (mtime !== 0n) this.#view.setBigInt64(at(table, layout, entrySlots.mtimeNs), mtime, true);
    if (compression !== 0) this.#buffer[at(table, layout, entrySlots.compression)] = compression;
    return table;
  }

  /** Writes how a file is cut, and returns where its table begins. */
  chunkedFile(columns: IndexColumns, { row, chunkSize, hashes, storedSizes, sizes }: FileCuts): number {
    const sizesPlace = sizes === undefined ? undefined : this.#uint32s(sizes);
    let sizesHashPlace: number | undefined;
    if (sizes !== undefined && sizesPlace !== undefined) {
      const fileHash = columns.hashes.subarray(hashBytes * row, hashBytes * (row + 1));
      const written = this.#buffer.subarray(sizesPlace + 4, sizesPlace + 4 + 4 * sizes.length);
      sizesHashPlace = this.#bytes(hashOfSizes(fileHash, written), 0, hashBytes);
    }
    const storedSizesPlace = storedSizes === undefined ? undefined : this.#uint32s(storedSizes);
    const hashesPlace = this.#bytes(hashes, 0, hashes.length);
    const present: number[] = [chunkedFileSlots.chunkSize, chunkedFileSlots.hashes];
    if (row !== 0) present.push(chunkedFileSlots.entry);
    if (storedSizesPlace !== undefined) present.push(chunkedFileSlots.storedSizes);
    if (sizesPlace !== undefined) present.push(chunkedFileSlots.sizes, chunkedFileSlots.sizesHash);
    const layout = this.#layout(chunkedFileFields, (slot) => present.includes(slot));
    const table = this.#table(layout);
    if (row !== 0) this.#uint32(table, layout, chunkedFileSlots.entry, row);
    this.#uint32(table, layout, chunkedFileSlots.chunkSize, chunkSize);
    this.#reference(table, layout, chunkedFileSlots.hashes, hashesPlace);
    if (storedSizesPlace !== undefined)
      this.#reference(table, layout, chunkedFileSlots.storedSizes, storedSizesPlace);
    if (sizesPlace !== undefined) this.#reference(table, layout, chunkedFileSlots.sizes, sizesPlace);
    if (sizesHashPlace !== undefined)
      this.#reference(table, layout, chunkedFileSlots.sizesHash, sizesHashPlace);
    return table;
  }

  /** Writes the root table, and ends: entries and chunked files are given last first. */
  root(
    entries: readonly number[],
    chunkedFiles: readonly number[],
    dataSize: number,
    dataHash: Uint8Array | undefined,
  ): Uint8Array<ArrayBuffer> {
    const cuts = chunkedFiles.length === 0 ? undefined : this.#references(chunkedFiles);
    const list = this.#references(entries);
    const hash = dataHash === undefined ? undefined : this.#bytes(dataHash, 0, dataHash.length);
    // Version and hash algorithm have their default values, which are left out.
    const present: number[] = [indexSlots.entries];
    if (dataSize !== 0) present.push(indexSlots.dataSize);
    if (hash !== undefined) present.push(indexSlots.dataHash);
    if (cuts !== undefined) present.push(indexSlots.chunkedFiles);
    const layout = this.#layout(rootFields, (slot) => present.includes(slot));
    const table = this.#table(layout);
    if (cuts !== undefined) this.#reference(table, layout, indexSlots.chunkedFiles, cuts);
    this.#reference(table, layout, indexSlots.entries, list);
    if (dataSize !== 0) this.#uint64(table, layout, indexSlots.dataSize, dataSize);
    if (hash !== undefined) this.#reference(table, layout, indexSlots.dataHash, hash);
    const begin = this.#reserve(4, this.#alignment);
    this.#view.setUint32(begin, table - begin, true);
    return this.#buffer.slice(begin);
  }

  /** Room for `bytes`, which begins at a multiple of `alignment`. */
  #reserve(bytes: number, alignment: number): number {
    const end = this.#start - bytes;
    this.#start = end - (end % alignment);
    return this.#start;
  }

  /** The number of bytes in front of what was written last. */
  #counted(bytes: number): number {
    const begin = this.#reserve(4, 4);
    this.#view.setUint32(begin, bytes, true);
    return begin;
  }

  #string(text: string): number {
    const end = this.#start;
    // With the zero behind it, which does not count.
    const begin = this.#reserve(text.length + 1, 4);
    // Calls would take longer than nearly all paths do.
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return this.#wideString(text, end);
      this.#buffer[begin + index] = unit;
    }
    return this.#counted(text.length);
  }

  #wideString(text: string, end: number): number {
    const encoded = encoder.encode(text);
    this.#buffer.fill(0, this.#start, end);
    this.#start = end;
    this.#buffer.set(encoded, this.#reserve(encoded.length + 1, 4));
    return this.#counted(encoded.length);
  }

  #bytes(source: Uint8Array, from: number, length: number): number {
    const begin = this.#reserve(length, 4);
    for (let index = 0; index < length; index++) this.#buffer[begin + index] = source[from + index] ?? 0;
    return this.#counted(length);
  }

  #uint32s(numbers: Uint32Array): number {
    const begin = this.#reserve(4 * numbers.length, 4);
    for (const [index, number] of numbers.entries()) this.#view.setUint32(begin + 4 * index, number, true);
    return this.#counted(numbers.length);
  }

  #references(lastFirst: readonly number[]): number {
    this.#reserve(0, 4);
    for (const place of lastFirst) {
      const begin = this.#reserve(4, 4);
      this.#view.setUint32(begin, place - begin, true);
    }
    return this.#counted(lastFirst.length);
  }

  /** Makes room for a table, and returns where it begins. */
  #table(layout: Layout): number {
    this.#start -= layout.bytes;
    const table = this.#start;
    const vtable = (layout.vtable ??= this.#vtable(layout));
    this.#view.setInt32(table, table - vtable, true);
    return table;
  }

  #vtable({ bytes, fields }: Layout): number {
    const size = 2 * fields.length + 4;
    const begin = this.#reserve(size, 2);
    this.#view.setUint16(begin, size, true);
    this.#view.setUint16(begin + 2, bytes, true);
    for (const [slot, place] of fields.entries()) this.#view.setUint16(begin + 4 + 2 * slot, place, true);
    return begin;
  }

  #entryLayout(present: number): Layout {
    const key = 8 * present + (this.#start % 8);
    let layout = this.#entryLayouts.get(key);
    if (layout === undefined) {
      layout = this.#layout(entryFields, (slot) => (present & (1 << slot)) !== 0);
      this.#entryLayouts.set(key, layout);
    }
    return layout;
  }

  /** The layout of a table with these fields that ends where everything else begins. */
  #layout(sizes: readonly number[], isPresent: (slot: number) => boolean): Layout {
    // Only the alignment of its end matters.
    const end = 1024 + (this.#start % 8);
    let begin = end;
    const places = sizes.map((bytes, slot) => {
      if (!isPresent(slot)) return 0;
      begin -= bytes;
      begin -= begin % bytes;
      this.#alignment = Math.max(this.#alignment, bytes);
      return begin;
    });
    // The reference to the layout.
    begin -= 4;
    begin -= begin % 4;
    while (places.at(-1) === 0) places.pop();
    const fields = places.map((place) => (place === 0 ? 0 : place - begin));
    const bytes = end - begin;
    const known = this.#layouts.find(
      (one) =>
        one.bytes === bytes &&
        one.fields.length === fields.length &&
        one.fields.every((place, slot) => place === fields[slot]),
    );
    if (known !== undefined) return known;
    const layout = { bytes, fields, vtable: undefined };
    this.#layouts.push(layout);
    return layout;
  }

  #reference(table: number, layout: Layout, slot: number, place: number): void {
    const begin = at(table, layout, slot);
    this.#view.setUint32(begin, place - begin, true);
  }

  #uint32(table: number, layout: Layout, slot: number, value: number): void {
    this.#view.setUint32(at(table, layout, slot), value, true);
  }

  /** A whole number up to 2^53. */
  #uint64(table: number, layout: Layout, slot: number, value: number): void {
    const begin = at(table, layout, slot);
    this.#view.setUint32(begin, value >>> 0, true);
    if (value > 0xffff_ffff) this.#view.setUint32(begin + 4, Math.floor(value / 2 ** 32), true);
  }
}

function at(table: number, layout: Layout, slot: number): number {
  return table + (layout.fields[slot] ?? 0);
}
