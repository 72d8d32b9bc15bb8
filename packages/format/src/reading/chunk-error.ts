import type { Chunk } from "../entry.js";
import { FormatError, isFormatError } from "../errors.js";

interface Named {
  readonly path: string;
}

/** For messages: which chunk of the file it is. */
type NamedChunk = Pick<Chunk, "index" | "offset" | "size">;

/** What went wrong with one chunk of a file, with the chunk in its message. Others' errors are left as they are. */
export function chunkError(error: unknown, { path }: Named, chunk: NamedChunk): unknown {
  if (!isFormatError(error)) return error;
  if (error.code === "HashMismatch") return chunkMismatch(path, chunk, error);
  if (error.code !== "Decompression" && error.code !== "SizeExceeded") return error;
  return new FormatError(error.code, `${error.message} (${nameOf(chunk)})`, { path, cause: error });
}

/** For content that is not what the index promises of this chunk. */
export function chunkMismatch(path: string, chunk: NamedChunk, cause?: unknown): FormatError {
  return new FormatError(
    "HashMismatch",
    `${JSON.stringify(path)} does not have the content that the index promises in ${nameOf(chunk)}: ` +
      "the data part is damaged or another one",
    { path, cause },
  );
}

/**
 * The error of a chunk that several files have, for one of them. Files with equal content share stored bytes, and whoever
 * reads them first is named.
 */
export function errorFor({ path }: Named, error: unknown): unknown {
  if (!isFormatError(error) || error.path === undefined || error.path === path) return error;
  return new FormatError(
    error.code,
    `${JSON.stringify(path)} is stored in the same bytes as ${JSON.stringify(error.path)}: ${error.message}`,
    { path, cause: error },
  );
}

function nameOf({ index, offset, size }: NamedChunk): string {
  return `chunk ${index}, bytes ${offset} to ${offset + size - 1}`;
}
