import { comparePaths } from "../paths/compare-bytes.js";
import type { Entry } from "../entry.js";
import { FormatError, isFormatError } from "../errors.js";
import type { FileCuts } from "./file-cuts.js";
import { columnsOf } from "./index-columns.js";
import { hashBytes } from "./index-schema.js";
import { readIndexTable } from "./index-table.js";
import { atOnce, filesPerStep } from "./steps.js";
import type { Steps } from "./steps.js";
import { writeIndex } from "./index-writer.js";
import { validatePath } from "../paths/path.js";

/** What an index says. */
export interface IndexContent {
  /** Strictly ascending by the UTF-8 bytes of their paths. */
  readonly entries: readonly Entry[];
  /** The size of the data part in bytes. */
  readonly dataSize: number;
  /** SHA-256 of the data part. Clients refuse to push or pull an archive without it. */
  readonly dataHash?: Uint8Array | undefined;
  /** How large files are cut into chunks, in the order of their entries. Files with equal content share what is said once. */
  readonly cuts?: readonly FileCuts[] | undefined;
}

/**
 * The bytes of an index. They are those that the Go implementation writes for the same entries in the same order, so
 * that equal content has an equal digest whoever wrote it. Cuts are a field more, which others skip.
 *
 * Throws `InvalidPath` for a path that an index cannot hold, and `InvalidArgument` for entries out of order or with
 * values that do not fit.
 */
export function encodeIndex(content: IndexContent): Uint8Array {
  checkContent(content);
  const { entries, dataSize, dataHash, cuts = [] } = content;
  for (const { row, chunkSize } of cuts) {
    // Other numbers would be written as what is left of them in 32 bits.
    if (!isUint32(row)) throw invalid(`There is no entry number ${row} that chunks could be of`);
    if (!isUint32(chunkSize)) throw invalid(`Chunks cannot be of ${chunkSize} bytes`, entries[row]?.path);
  }
  const bytes = writeIndex(columnsOf(entries, cuts), dataSize, dataHash);
  if (cuts.length > 0) checkCuts(bytes);
  return bytes;
}

/** What an index says of chunks is right when it can be read. */
function checkCuts(bytes: Uint8Array): void {
  try {
    readIndexTable(bytes);
  } catch (cause) {
    if (!isFormatError(cause)) throw cause;
    throw new FormatError("InvalidArgument", `These cuts cannot be written: ${cause.message}`, {
      path: cause.path,
      cause,
    });
  }
}

function checkContent({ entries, dataSize, dataHash }: IndexContent): void {
  if (!isSize(dataSize)) throw invalid(`The data part cannot have ${dataSize} bytes`);
  if (dataHash !== undefined && dataHash.length !== hashBytes) {
    throw invalid(`The hash of the data part has ${dataHash.length} bytes instead of ${hashBytes}`);
  }
  for (const entry of entries) checkEntry(entry, dataSize);
  checkPaths(entries.map(({ path }) => path));
}

/** Throws `InvalidArgument` unless these are the paths of an archive's files, each of which is valid, in their order. */
export function checkPaths(paths: readonly string[]): void {
  atOnce(pathCheckSteps(paths));
}

/** {@link checkPaths}, for threads that have others to serve. */
export function* pathCheckSteps(paths: readonly string[]): Steps<void> {
  let row = 0;
  let previous: string | undefined;
  /** The files that the current path begins with: see `PathCheck` of the reader. */
  const prefixes: string[] = [];
  for (const path of paths) {
    if (++row % filesPerStep === 0) yield;
    if (previous !== undefined) {
      checkOrder(previous, path);
      // Mostly it is no prefix, and need not be looked at again.
      if (path.startsWith(previous)) prefixes.push(previous);
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
