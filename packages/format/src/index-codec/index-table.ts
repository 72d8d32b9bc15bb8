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
import type { FlatBuffer } from "./flatbuffer.js";
import { hashBytes, indexSlots, indexVersion, sha256Algorithm } from "./index-schema.js";
import { chunkTableSteps, noChunks } from "./chunk-table.js";
import type { ChunkTable } from "./chunk-table.js";
import type { EntryColumns } from "./entry-columns.js";
import { EntryReader } from "./entry-reader.js";
import { PathCheck } from "./path-check.js";
import { atOnce, rowsPerStep } from "./steps.js";
import type { Steps } from "./steps.js";

/**
 * A checked index as columns: element `i` of each is about file `i`. Paths, hashes and what few ask for stay where they are
 * in the index. 40 bytes a file, and the objects that callers see are made when asked for.
 */
export interface IndexTable {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly count: number;
  readonly dataSize: number;
  readonly dataHash: Uint8Array | undefined;
  readonly columns: EntryColumns;
  readonly chunks: ChunkTable;
  /** Whether the files are in the order of their paths' bytes, each is there once, and none is also a directory. */
  readonly isInOrder: boolean;
}

/** Bytes of the fields in each slot of the root table. */
const indexWidths: readonly number[] = Array.from(
  { length: indexSlots.chunkedFiles + 1 },
  // What is between has no meaning here, and is not looked at.
  (_, slot) => [4, 1, 4, 8, 4][slot] ?? (slot === indexSlots.chunkedFiles ? 4 : 0),
);

/** Entries whose paths are looked at while what was read of their tables is still close to the processor. */
const batch = 512;

/** {@link indexTableSteps}, all at once. */
export function readIndexTable(bytes: Uint8Array): IndexTable {
  return atOnce(indexTableSteps(bytes));
}

/**
 * Reads an index, in the order in which it was written, and checks every entry. Afterwards nothing that the columns and the
 * tables refer to lies outside of the index. One pass; memory is a small multiple of the index whatever it says.
 */
export function* indexTableSteps(bytes: Uint8Array): Steps<IndexTable> {
  // Offsets are signed where they point backwards. FlatBuffers have the same limit.
  if (bytes.length > 0x7fff_ffff) throw invalidIndex("it is larger than 2 GiB");
  if (bytes.length < 8) throw invalidIndex(`it has ${bytes.length} bytes, which is too short for any index`);
  const buffer = createFlatBuffer(bytes);
  const { view } = buffer;
  const root = follow(buffer, 0, "the root table");
  const fields = rootFields(buffer, root);
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
  const reader = new EntryReader(buffer, entries + 4, count, dataSize);
  const paths = new PathCheck(bytes);
  const { columns } = reader;
  for (let from = 0; from < count; from += batch) {
    const to = Math.min(count, from + batch);
    reader.read(from, to);
    paths.check(columns, from, to);
    if (to % rowsPerStep === 0) yield;
  }
  const chunksAt = at(indexSlots.chunkedFiles);
  return {
    bytes,
    view,
    count,
    dataSize,
    dataHash:
      dataHashStart === undefined ? undefined : bytes.subarray(dataHashStart, dataHashStart + hashBytes),
    columns,
    chunks: chunksAt === undefined ? noChunks : yield* chunkTableSteps(buffer, chunksAt, columns),
    isInOrder: paths.ascends,
  };
}

function rootFields(buffer: FlatBuffer, root: number): readonly number[] {
  const { fields, tableSize } = readLayout(buffer, vtableOf(buffer, root), indexWidths, "the root table");
  if (root + tableSize > buffer.bytes.length) throw invalidIndex("the root table lies outside of the index");
  return fields;
}

function unsupported(what: string): FormatError {
  return new FormatError("Unsupported", `The index has ${what}: a newer version may read it`);
}
