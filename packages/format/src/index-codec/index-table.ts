import { FormatError } from "../errors.js";
import {
  createFlatBuffer,
  fixedBytes,
  follow,
  invalidIndex,
  readLayout,
  readUint64,
  vectorLength,
  vtableOf,
} from "./flatbuffer.js";
import type { FlatBuffer, TableLayout } from "./flatbuffer.js";
import {
  compressionNone,
  entrySlots,
  hashBytes,
  indexSlots,
  indexVersion,
  sha256Algorithm,
} from "./index-schema.js";
import { checkPathBytes } from "./path-bytes.js";
import { noChunks, readChunkTable } from "./chunk-table.js";
import type { ChunkTable } from "./chunk-table.js";
import { createColumns } from "./entry-columns.js";
import type { EntryColumns } from "./entry-columns.js";

/**
 * A checked index as columns: element `i` of each is about file `i`, in the order of the paths' bytes. Paths and hashes
 * stay where they are in the index. About 60 bytes a file, and the objects that callers see are made when asked for.
 */
export interface IndexTable {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly dataSize: number;
  readonly dataHash: Uint8Array | undefined;
  readonly columns: EntryColumns;
  readonly chunks: ChunkTable;
}

/** Bytes of the fields in each slot of the root table. */
const indexWidths: readonly number[] = Array.from(
  { length: indexSlots.chunkedFiles + 1 },
  // What is between has no meaning here, and is not looked at.
  (_, slot) => [4, 1, 4, 8, 4][slot] ?? (slot === indexSlots.chunkedFiles ? 4 : 0),
);

/** Bytes of the fields in each slot of an entry. */
const entryWidths = [4, 8, 8, 8, 4, 4, 4, 4, 8, 1];

/**
 * What an entry takes at least beside its path: its place in the vector, a table with the two required fields, and the
 * length of the path. Hashes may be shared; paths differ, so that an honest writer has nowhere to save more.
 */
const minEntryBytes = 4 + 12 + 4;

/**
 * Reads an index, in the order in which it was written, and checks every entry by itself. Afterwards nothing that the
 * columns refer to lies outside of the index. One pass; memory is a small multiple of the index whatever it says.
 */
export function readIndexTable(bytes: Uint8Array): IndexTable {
  // Offsets are signed where they point backwards. FlatBuffers have the same limit.
  if (bytes.length > 0x7fff_ffff) throw invalidIndex("it is larger than 2 GiB");
  if (bytes.length < 8) throw invalidIndex(`it has ${bytes.length} bytes, which is too short for any index`);
  const buffer = createFlatBuffer(bytes);
  const { view } = buffer;
  const root = follow(buffer, 0, "the root table");
  const { fields } = layoutOf(buffer, root, undefined, indexWidths, "the root table");
  const at = (slot: number): number | undefined => (fields[slot] ? root + fields[slot] : undefined);

  const versionAt = at(indexSlots.version);
  const version = versionAt === undefined ? indexVersion : view.getUint32(versionAt, true);
  if (version !== indexVersion)
    throw unsupported(`format version ${version}, and this package knows ${indexVersion}`);
  const algorithmAt = at(indexSlots.hashAlgorithm);
  const algorithm = algorithmAt === undefined ? sha256Algorithm : view.getInt8(algorithmAt);
  if (algorithm !== sha256Algorithm)
    throw unsupported(`hash algorithm ${algorithm}, and this package knows SHA-256`);

  const dataSizeAt = at(indexSlots.dataSize);
  const dataSize = dataSizeAt === undefined ? 0 : readUint64(buffer, dataSizeAt);
  if (!Number.isSafeInteger(dataSize)) throw invalidIndex("the data part is larger than any can be");
  const dataHashAt = at(indexSlots.dataHash);
  const dataHashStart =
    dataHashAt === undefined ? undefined : fixedBytes(buffer, dataHashAt, hashBytes, "the data part's hash");
  const entriesAt = at(indexSlots.entries);
  if (entriesAt === undefined) throw invalidIndex("it has no list of entries");
  const entries = follow(buffer, entriesAt, "the list of entries");
  const count = vectorLength(buffer, entries, 4, "the list of entries");
  const columns = readEntries(buffer, entries + 4, count, dataSize);
  const chunksAt = at(indexSlots.chunkedFiles);
  return {
    bytes,
    count,
    dataSize,
    dataHash:
      dataHashStart === undefined ? undefined : bytes.subarray(dataHashStart, dataHashStart + hashBytes),
    columns,
    chunks: chunksAt === undefined ? noChunks : readChunkTable(buffer, chunksAt, columns),
  };
}

function readEntries(buffer: FlatBuffer, vector: number, count: number, dataSize: number): EntryColumns {
  const { bytes } = buffer;
  let unclaimed = bytes.length - count * minEntryBytes;
  if (unclaimed < 0) throw invalidIndex(`it has no room for the ${count} entries that it lists`);
  const columns = createColumns(count);
  let layout: TableLayout | undefined;
  for (let i = 0; i < count; i++) {
    const table = follow(buffer, vector + 4 * i, "an entry");
    layout = layoutOf(buffer, table, layout, entryWidths, "an entry");
    const start = readPath(buffer, table, layout);
    const length = vectorLength(buffer, start, 1, "a path");
    // Paths that share bytes could make the work quadratic: a long path for each few bytes of index.
    unclaimed -= length;
    if (unclaimed < 0) throw invalidIndex("its paths share bytes");
    checkPathBytes(bytes, start + 4, length);
    columns.pathStart[i] = start + 4;
    columns.pathLength[i] = length;
    readFields(buffer, table, layout, columns, i);
    checkStorage(columns, i, dataSize);
  }
  return columns;
}

/** The layout of a table: the previous one's, when it is the same. */
function layoutOf(
  buffer: FlatBuffer,
  table: number,
  previous: TableLayout | undefined,
  widths: readonly number[],
  what: string,
): TableLayout {
  const vtable = vtableOf(buffer, table);
  const layout = vtable === previous?.vtable ? previous : readLayout(buffer, vtable, widths, what);
  if (table + layout.tableSize > buffer.bytes.length) throw invalidIndex(`${what} lies outside of the index`);
  return layout;
}

function readPath(buffer: FlatBuffer, table: number, { fields }: TableLayout): number {
  const field = fields[entrySlots.path] ?? 0;
  if (field === 0) throw invalidIndex("an entry has no path");
  return follow(buffer, table + field, "a path");
}

function readFields(
  buffer: FlatBuffer,
  table: number,
  { fields }: TableLayout,
  columns: EntryColumns,
  i: number,
): void {
  const { view } = buffer;
  const dataOffset = fields[entrySlots.dataOffset] ?? 0;
  const dataSize = fields[entrySlots.dataSize] ?? 0;
  const originalSize = fields[entrySlots.originalSize] ?? 0;
  const hash = fields[entrySlots.hash] ?? 0;
  const mode = fields[entrySlots.mode] ?? 0;
  const uid = fields[entrySlots.uid] ?? 0;
  const gid = fields[entrySlots.gid] ?? 0;
  const mtimeNs = fields[entrySlots.mtimeNs] ?? 0;
  const compression = fields[entrySlots.compression] ?? 0;
  if (hash === 0) throw invalidIndex("an entry has no hash");
  columns.hashStart[i] = fixedBytes(buffer, table + hash, hashBytes, "a file's hash");
  // What a table does not have is zero, as the columns are.
  if (dataOffset !== 0) columns.dataOffset[i] = readUint64(buffer, table + dataOffset);
  if (dataSize !== 0) columns.storedSize[i] = readUint64(buffer, table + dataSize);
  if (originalSize !== 0) columns.size[i] = readUint64(buffer, table + originalSize);
  // The format has permission bits only: others would be set-uid and the like.
  if (mode !== 0) columns.mode[i] = view.getUint32(table + mode, true) & 0o777;
  if (uid !== 0) columns.uid[i] = view.getUint32(table + uid, true);
  if (gid !== 0) columns.gid[i] = view.getUint32(table + gid, true);
  if (mtimeNs !== 0) columns.mtimeNs[i] = view.getBigInt64(table + mtimeNs, true);
  if (compression !== 0) columns.compression[i] = view.getInt8(table + compression);
}

function checkStorage(columns: EntryColumns, i: number, dataSize: number): void {
  const dataOffset = columns.dataOffset[i] ?? 0;
  const storedSize = columns.storedSize[i] ?? 0;
  const size = columns.size[i] ?? 0;
  // Written so that infinity, which stands for "too large", is refused too.
  if (!(dataOffset + storedSize <= dataSize)) throw invalidIndex("a file is stored outside of the data part");
  if (!Number.isSafeInteger(size)) throw invalidIndex("a file is larger than any can be");
  if (columns.compression[i] === compressionNone && size !== storedSize) {
    throw invalidIndex("a file that is not compressed has another size than its stored bytes");
  }
}

function unsupported(what: string): FormatError {
  return new FormatError("Unsupported", `The index has ${what}: a newer version may read it`);
}
