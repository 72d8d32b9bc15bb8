import { FormatError, isFormatError } from "../../errors.js";
import type { PromisedChunk } from "./chunk-job.js";

/** The error for a chunk that has not the content that the index promises. */
export function chunkMismatch(chunk: PromisedChunk): FormatError {
  return new FormatError(
    "HashMismatch",
    `${JSON.stringify(chunk.path)} does not have the content that the index promises in ${nameOf(chunk)}: ` +
      "the data part is damaged or another one",
    { path: chunk.path },
  );
}

/** The same error, saying also which chunk of the file it is about. */
export function namingChunk(error: unknown, chunk: PromisedChunk): unknown {
  if (!isFormatError(error) || error.code === "FileSystem") return error;
  const { code, message, path, what, cause } = error;
  return new FormatError(code, `${message} (${nameOf(chunk)})`, { path, what, cause });
}

function nameOf({ index, offset, size }: PromisedChunk): string {
  return `chunk ${index}, bytes ${offset} to ${offset + size - 1}`;
}
