import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { isUint8Array } from "node:util/types";

import type { Archive } from "../../archive.js";
import type { DirectoryEntry, Entry } from "../../entry.js";
import { FormatError } from "../../errors.js";
import { argumentError, nodeError } from "./node-error.js";

/** A path as `node:fs` takes it. The archive is the root: `/a`, `a` and `/x/../a` are the same. */
export type FilePath = string | Uint8Array | URL;

/** A path that was looked up. */
export interface FoundPath {
  /** As the caller said it, for errors. */
  readonly given: string;
  /** Absolute, without `.` and `..`. */
  readonly absolute: string;
  readonly found: DirectoryEntry;
}

/** The path in one spelling. Throws a `TypeError` for what is none. */
export function spellPath(path: unknown): string {
  const text =
    path instanceof URL ? fileURLToPath(path) : isUint8Array(path) ? Buffer.from(path).toString() : path;
  if (typeof text === "string" && !text.includes("\0")) return text;
  throw argumentError("path", "a string, Uint8Array or file URL without null bytes", path);
}

/** What is at a path. `ENOENT`, `ENOTDIR`. */
export function findPath(archive: Archive, path: unknown, syscall: string): FoundPath {
  const given = spellPath(path);
  const absolute = posix.resolve("/", given);
  const inArchive = absolute.slice(1);
  const found = archive.stat(inArchive);
  if (found?.kind === "file" && given.endsWith("/")) throw nodeError("ENOTDIR", syscall, given);
  if (found !== undefined) return { given, absolute, found };
  const cause = new FormatError(
    "NotFound",
    `The archive has no file or directory ${JSON.stringify(inArchive)}`,
    {
      path: inArchive,
    },
  );
  throw nodeError(isBelowFile(archive, inArchive) ? "ENOTDIR" : "ENOENT", syscall, given, cause);
}

/** The file at a path. `ENOENT`, `ENOTDIR`, `EISDIR`. */
export function findFile(
  archive: Archive,
  path: unknown,
  syscall: string,
): FoundPath & { readonly entry: Entry } {
  const place = findPath(archive, path, syscall);
  if (place.found.kind === "directory") throw nodeError("EISDIR", "read", place.given);
  return { ...place, entry: place.found.entry };
}

function isBelowFile(archive: Archive, path: string): boolean {
  const end = path.lastIndexOf("/");
  if (end < 0) return false;
  const parent = path.slice(0, end);
  return archive.isFile(parent) || (!archive.isDirectory(parent) && isBelowFile(archive, parent));
}
