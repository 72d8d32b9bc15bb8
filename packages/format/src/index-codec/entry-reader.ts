import { createColumns } from "./entry-columns.js";
import type { EntryColumns } from "./entry-columns.js";
import { invalidIndex, joinedUint64, readLayout } from "./flatbuffer.js";
import type { FlatBuffer } from "./flatbuffer.js";
import { compressionNone, entrySlots, hashBytes } from "./index-schema.js";

/** Bytes of the fields in each slot of an entry. */
const entryWidths = [4, 8, 8, 8, 4, 4, 4, 4, 8, 1];

/**
 * What an entry takes at least beside its path: its place in the vector, a table with the two required fields, and the
 * length of the path. Hashes may be shared; paths differ, so that an honest writer has nowhere to save more.
 */
const minEntryBytes = 4 + 12 + 4;

/** More layouts than an honest index has: it leaves out fields that are zero, and pads in two ways. */
const maxKeptLayouts = 256;

/** Where the fields of a table are that are looked at on opening: how far from its start, 0 for one that it does not have. */
interface EntryLayout {
  readonly vtable: number;
  readonly tableSize: number;
  readonly path: number;
  readonly hash: number;
  readonly dataOffset: number;
  readonly storedSize: number;
  readonly size: number;
  readonly compression: number;
}

const noLayout: EntryLayout = {
  vtable: -1,
  tableSize: 0,
  path: 0,
  hash: 0,
  dataOffset: 0,
  storedSize: 0,
  size: 0,
  compression: 0,
};

/**
 * Reads the tables of entries into columns, and checks each by itself, but for what its path says. Memory is a small
 * multiple of the index whatever it says.
 *
 * Nearly all of opening is `read`, and mostly it runs once in a process: each operation counts there, as in code that no
 * compiler has optimised yet.
 */
export class EntryReader {
  readonly columns: EntryColumns;
  readonly #buffer: FlatBuffer;
  /** Where the list's first element is. */
  readonly #vector: number;
  readonly #dataSize: number;
  readonly #layouts = new Map<number, EntryLayout>();
  #layout = noLayout;
  /** Bytes that no entry has taken so far. */
  #unclaimed: number;

  constructor(buffer: FlatBuffer, vector: number, count: number, dataSize: number) {
    this.#unclaimed = buffer.bytes.length - count * minEntryBytes;
    if (this.#unclaimed < 0) throw invalidIndex(`it has no room for the ${count} entries that it lists`);
    this.#buffer = buffer;
    this.#vector = vector;
    this.#dataSize = dataSize;
    this.columns = createColumns(count);
  }

  /** Reads the entries from one place to another, which come in order. */
  read(from: number, to: number): void {
    const { view } = this.#buffer;
    const { tableStart, pathStart, pathLength, hashStart, dataOffset, storedSize, size } = this.columns;
    const vector = this.#vector;
    const dataSize = this.#dataSize;
    const end = view.byteLength;
    // The last place where a number of 32 bits can be.
    const last = end - 4;
    let unclaimed = this.#unclaimed;
    let layout = this.#layout;
    for (let i = from; i < to; i++) {
      const place = vector + 4 * i;
      const table = place + view.getUint32(place, true);
      if (table === place || table > last) throw outside("an entry");
      const vtable = table - view.getInt32(table, true);
      if (vtable !== layout.vtable) layout = this.#layoutAt(vtable);
      if (table + layout.tableSize > end) throw outside("an entry");
      const pathAt = table + layout.path;
      const path = pathAt + view.getUint32(pathAt, true);
      if (path === pathAt || path > last) throw outside("a path");
      const length = view.getUint32(path, true);
      if (path + 4 + length > end) throw invalidIndex("a path is longer than the index");
      // Paths that share bytes could make the work quadratic: a long path for each few bytes of index.
      unclaimed -= length;
      if (unclaimed < 0) throw invalidIndex("its paths share bytes");
      const hashAt = table + layout.hash;
      const hash = hashAt + view.getUint32(hashAt, true);
      if (hash === hashAt || hash > last) throw outside("a file's hash");
      if (view.getUint32(hash, true) !== hashBytes)
        throw invalidIndex(`a file's hash has ${view.getUint32(hash, true)} bytes instead of ${hashBytes}`);
      if (hash + 4 + hashBytes > end) throw outside("a file's hash");
      // What a table does not have is zero.
      const offset = layout.dataOffset === 0 ? 0 : uint64(view, table + layout.dataOffset);
      const stored = layout.storedSize === 0 ? 0 : uint64(view, table + layout.storedSize);
      const content = layout.size === 0 ? 0 : uint64(view, table + layout.size);
      // Written so that infinity, which stands for "too large", is refused too.
      if (!(offset + stored <= dataSize)) throw invalidIndex("a file is stored outside of the data part");
      if (content !== stored) this.#checkSize(content, table, layout);
      tableStart[i] = table;
      pathStart[i] = path + 4;
      pathLength[i] = length;
      hashStart[i] = hash + 4;
      dataOffset[i] = offset;
      storedSize[i] = stored;
      size[i] = content;
    }
    this.#unclaimed = unclaimed;
    this.#layout = layout;
  }

  /** Of a file whose content has another size than its stored bytes. */
  #checkSize(size: number, table: number, { compression }: EntryLayout): void {
    if (size === Infinity) throw invalidIndex("a file is larger than any can be");
    if (compression !== 0 && this.#buffer.view.getInt8(table + compression) !== compressionNone) return;
    throw invalidIndex("a file that is not compressed has another size than its stored bytes");
  }

  #layoutAt(vtable: number): EntryLayout {
    let layout = this.#layouts.get(vtable);
    if (layout === undefined) {
      layout = this.#readLayout(vtable);
      if (this.#layouts.size < maxKeptLayouts) this.#layouts.set(vtable, layout);
    }
    return layout;
  }

  #readLayout(vtable: number): EntryLayout {
    const { tableSize, fields } = readLayout(this.#buffer, vtable, entryWidths, "an entry");
    const at = (slot: number): number => fields[slot] ?? 0;
    if (at(entrySlots.path) === 0) throw invalidIndex("an entry has no path");
    if (at(entrySlots.hash) === 0) throw invalidIndex("an entry has no hash");
    return {
      vtable,
      tableSize,
      path: at(entrySlots.path),
      hash: at(entrySlots.hash),
      dataOffset: at(entrySlots.dataOffset),
      storedSize: at(entrySlots.dataSize),
      size: at(entrySlots.originalSize),
      compression: at(entrySlots.compression),
    };
  }
}

function uint64(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true);
  const low = view.getUint32(at, true);
  return high === 0 ? low : joinedUint64(high, low);
}

function outside(what: string): Error {
  return invalidIndex(`${what} lies outside of the index`);
}
