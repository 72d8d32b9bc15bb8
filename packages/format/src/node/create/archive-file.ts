import { isUint8Array } from "node:util/types";

import { FormatError } from "../../errors.js";
import { validatePath } from "../../paths/path.js";

/**
 * The content of a file that is to be archived: bytes, a stream of bytes that is read once, or a file on disk, by a path
 * that is the caller's: links are followed.
 */
export type ArchiveFileContent =
  Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array> | { readonly file: string };

/** A file that is to be archived. What is not said of it comes from its content when that is a file on disk. */
export interface ArchiveFile {
  /** Its archive path: see `isValidPath`. */
  readonly path: string;
  /** The content. A stream is read once, when it is this file's turn; a file on disk is opened then, by its path. */
  readonly content: ArchiveFileContent;
  /** Permission bits. Default `0o644`. Others are dropped and reported, except those of a file's kind. */
  readonly mode?: number | undefined;
  /** When it was modified: a date, or nanoseconds since the epoch. Default: the epoch, so that equal files are equal bytes. */
  readonly mtime?: Date | bigint | undefined;
  /** Default 0. */
  readonly uid?: number | undefined;
  /** Default 0. */
  readonly gid?: number | undefined;
}

/** What is archived: a directory by its path, or files, in any order, each path once. */
export type ArchiveInput = string | Iterable<ArchiveFile> | AsyncIterable<ArchiveFile>;

/** What the caller says of a file beside its content. */
export interface GivenFacts {
  readonly mode: number | undefined;
  readonly mtimeNs: bigint | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** Checks what a caller says of a file. `InvalidPath`, `InvalidArgument`. */
export function checkArchiveFile(file: ArchiveFile): GivenFacts {
  const given: unknown = file;
  if (typeof given !== "object" || given === null) {
    throw new FormatError(
      "InvalidArgument",
      `A file to archive must be an object with path and content, not ${kindOf(file)}`,
    );
  }
  const { path, mode, mtime, uid, gid } = file;
  if (typeof path !== "string") {
    throw new FormatError("InvalidArgument", `The path of a file must be a string, not ${kindOf(path)}`);
  }
  validatePath(path);
  return {
    mode: checkUint32("mode", mode, path),
    mtimeNs: mtime === undefined ? undefined : timeOf(mtime, path),
    uid: checkUint32("uid", uid, path),
    gid: checkUint32("gid", gid, path),
  };
}

/** Whether content is bytes, also those of another realm. */
export function isBytes(content: unknown): content is Uint8Array {
  return isUint8Array(content);
}

/** Whether content is a file on disk. */
export function isDiskFile(content: unknown): content is { readonly file: string } {
  return (
    typeof content === "object" && content !== null && "file" in content && typeof content.file === "string"
  );
}

/** Whether content is a stream of bytes, as far as that shows before it is read. */
export function isByteStream(content: unknown): content is AsyncIterable<Uint8Array> {
  return typeof content === "object" && content !== null && Symbol.asyncIterator in content;
}

/** The error for content that is none of these. */
export function badContent(content: unknown, path: string): FormatError {
  const advice = typeof content === "string" ? "; encode text, as with Buffer.from(text)" : "";
  return new FormatError(
    "InvalidArgument",
    `The content of ${JSON.stringify(path)} must be bytes, a stream of bytes or { file }, not ${kindOf(content)}${advice}`,
    { path },
  );
}

function checkUint32(name: string, value: number | undefined, path: string): number | undefined {
  if (value === undefined || value >>> 0 === value) return value;
  throw new FormatError(
    "InvalidArgument",
    `The ${name} of ${JSON.stringify(path)} must be an integer that fits 32 bits, not ${String(value)}`,
    { path },
  );
}

function timeOf(mtime: unknown, path: string): bigint {
  if (typeof mtime === "bigint") return mtime;
  const time = mtime instanceof Date ? mtime.getTime() : Number.NaN;
  if (!Number.isNaN(time)) return BigInt(time) * 1_000_000n;
  throw new FormatError(
    "InvalidArgument",
    `The mtime of ${JSON.stringify(path)} must be a valid date or nanoseconds as a bigint, not ${String(mtime)}`,
    { path },
  );
}

function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
