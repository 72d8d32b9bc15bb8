import { comparePaths } from "./compare-bytes.js";
import type { Entry } from "./entry.js";
import { FormatError } from "./errors.js";
import { createFlatBufferWriter } from "./flatbuffer-writer.js";
import type { FlatBufferWriter, Place } from "./flatbuffer-writer.js";
import { compressionNone, compressionZstd, entrySlots, hashBytes, indexSlots } from "./index-schema.js";
import { validatePath } from "./path.js";

/** What an index says. */
export interface IndexContent {
  /** Strictly ascending by the UTF-8 bytes of their paths. */
  readonly entries: readonly Entry[];
  /** The size of the data part in bytes. */
  readonly dataSize: number;
  /** SHA-256 of the data part. Clients refuse to push or pull an archive without it. */
  readonly dataHash?: Uint8Array | undefined;
}

/**
 * The bytes of an index. They are those that the Go implementation writes for the same entries in the same order, so
 * that equal content has an equal digest whoever wrote it.
 *
 * Throws `InvalidPath` for a path that an index cannot hold, and `InvalidArgument` for entries out of order or with
 * values that do not fit.
 */
export function encodeIndex(content: IndexContent): Uint8Array<ArrayBuffer> {
  checkContent(content);
  const { entries, dataSize, dataHash } = content;
  // About what an entry needs beside its path; when it is too little, the buffer grows.
  const writer = createFlatBufferWriter(
    entries.reduce((sum, { path }) => sum + path.length, 128 * (entries.length + 1)),
  );
  // FlatBuffers are written from back to front: last entry first, as Go does, puts the first in front.
  const places = entries.toReversed().map((entry) => writeEntry(writer, entry));
  const list = writer.references(places);
  const hash = dataHash === undefined ? undefined : writer.bytes(dataHash);
  writer.startTable();
  // Version and hash algorithm have their default values, which are left out.
  writer.reference(indexSlots.entries, list);
  writer.uint64(indexSlots.dataSize, dataSize);
  if (hash !== undefined) writer.reference(indexSlots.dataHash, hash);
  return writer.finish(writer.endTable());
}

function writeEntry(writer: FlatBufferWriter, entry: Entry): Place {
  const path = writer.string(entry.path);
  const hash = writer.bytes(entry.hash);
  writer.startTable();
  writer.reference(entrySlots.path, path);
  writer.uint64(entrySlots.dataOffset, entry.dataOffset);
  writer.uint64(entrySlots.dataSize, entry.storedSize);
  writer.uint64(entrySlots.originalSize, entry.size);
  writer.reference(entrySlots.hash, hash);
  writer.uint32(entrySlots.mode, entry.mode);
  writer.uint32(entrySlots.uid, entry.uid);
  writer.uint32(entrySlots.gid, entry.gid);
  writer.int64(entrySlots.mtimeNs, entry.mtimeNs);
  writer.int8(entrySlots.compression, entry.compression === "zstd" ? compressionZstd : compressionNone);
  return writer.endTable();
}

function checkContent({ entries, dataSize, dataHash }: IndexContent): void {
  if (!isSize(dataSize)) throw invalid(`The data part cannot have ${dataSize} bytes`);
  if (dataHash !== undefined && dataHash.length !== hashBytes) {
    throw invalid(`The hash of the data part has ${dataHash.length} bytes instead of ${hashBytes}`);
  }
  let previous: string | undefined;
  /** The files that the current path begins with: see `isInOrder` of the reader. */
  const prefixes: string[] = [];
  for (const entry of entries) {
    const { path } = entry;
    checkEntry(entry, dataSize);
    if (previous !== undefined) {
      checkOrder(previous, path);
      prefixes.push(previous);
    }
    let prefix = prefixes.at(-1);
    while (prefix !== undefined && !path.startsWith(prefix)) {
      prefixes.pop();
      prefix = prefixes.at(-1);
    }
    if (prefix !== undefined && path[prefix.length] === "/") {
      throw invalid(`${JSON.stringify(prefix)} cannot be a file and a directory`, prefix);
    }
    previous = path;
  }
}

function checkOrder(previous: string, path: string): void {
  if (comparePaths(previous, path) < 0) return;
  const names = `${JSON.stringify(path)} must not come after ${JSON.stringify(previous)}`;
  throw invalid(`Entries must be in the order of their paths' bytes, each once: ${names}`, path);
}

function checkEntry(entry: Entry, dataSize: number): void {
  const { path, size, storedSize, dataOffset, hash, mode, uid, gid, mtimeNs, compression } = entry;
  validatePath(path);
  const name = JSON.stringify(path);
  if (hash.length !== hashBytes)
    throw invalid(`The hash of ${name} has ${hash.length} bytes, not ${hashBytes}`, path);
  if (!isSize(size)) throw invalid(`${name} cannot have ${size} bytes`, path);
  if (!isSize(dataOffset) || !isSize(storedSize) || dataOffset + storedSize > dataSize) {
    const range = `${storedSize} bytes from ${dataOffset} on`;
    throw invalid(
      `${name} is said to be stored in ${range}: that is not inside of the ${dataSize} bytes of data`,
      path,
    );
  }
  if (compression === "unknown")
    throw invalid(`${name} has a compression that this version cannot write`, path);
  if (compression === "none" && storedSize !== size) {
    throw invalid(`${name} is stored as it is, so its ${size} bytes cannot take ${storedSize}`, path);
  }
  if (!isUint32(mode) || mode > 0o777)
    throw invalid(`The mode of ${name} must be permission bits only`, path);
  if (!isUint32(uid) || !isUint32(gid)) throw invalid(`The uid and gid of ${name} must fit 32 bits`, path);
  if (BigInt.asIntN(64, mtimeNs) !== mtimeNs) throw invalid(`The time of ${name} does not fit 64 bits`, path);
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isUint32(value: number): boolean {
  return value >>> 0 === value;
}

function invalid(message: string, path?: string): FormatError {
  return new FormatError("InvalidArgument", message, { path });
}
