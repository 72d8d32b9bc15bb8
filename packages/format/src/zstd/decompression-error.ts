import { FormatError, isFormatError } from "../errors.js";
import { ZstdFrameProblem, ZstdWindowProblem } from "./frame-header.js";

/**
 * Does something for a file, and throws an error that names it, or an error of ours as it is: `SizeExceeded` for more memory
 * than the caller allows, else `Decompression`.
 */
export function withDecompressionErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asDecompressionError(error, path);
  }
}

/** Libraries throw all kinds of things; callers are promised one. */
export function asDecompressionError(error: unknown, path: string): FormatError {
  if (isFormatError(error)) return error;
  const why = error instanceof ZstdFrameProblem ? error.message : "the compressed bytes are damaged";
  const code = error instanceof ZstdWindowProblem ? "SizeExceeded" : "Decompression";
  return new FormatError(code, `${JSON.stringify(path)} cannot be decompressed: ${why}`, {
    path,
    cause: error,
  });
}
