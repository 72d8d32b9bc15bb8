import { BlobError, isBlobError } from "../errors/blob-error.js";

/** Why a file or directory is not used. */
export type UnsafeFileErrorCode = "UnsafeDirectory" | "UnsafeFile";

/** Somebody else could have changed, or can read along in, what is to be ours alone. */
export class UnsafeFileError extends BlobError {
  /** Always this: two copies of the package tell by it what it is. */
  override readonly name = "UnsafeFileError";
  /** Whether it is about a directory or a file. */
  override readonly code: UnsafeFileErrorCode;
  /** The file or directory. */
  readonly path: string;

  constructor(
    code: UnsafeFileErrorCode,
    message: string,
    details: { readonly path: string; readonly cause?: unknown },
  ) {
    super(message, details);
    this.code = code;
    this.path = details.path;
  }
}

/** Whether a value is an {@link UnsafeFileError}, of this or another copy of the package. */
export function isUnsafeFileError(value: unknown): value is UnsafeFileError {
  return isBlobError(value) && value.name === "UnsafeFileError";
}
