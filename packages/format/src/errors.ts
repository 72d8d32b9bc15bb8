import type { BlobErrorDetails } from "@blob/core/errors";
import { BlobError, isBlobError } from "@blob/core/errors";

/** Every code of {@link FormatError}: what they mean is documented once, at `blobErrorCodes` of `@blob/core/errors`. */
export const formatErrorCodes = [
  "InvalidIndex",
  "Unsupported",
  "InvalidTar",
  "InvalidPath",
  "NotFound",
  "WrongKind",
  "HashMismatch",
  "Decompression",
  "Compression",
  "SizeExceeded",
  "SourceMismatch",
  "TooManyFiles",
  "FileChanged",
  "DestinationConflict",
  "FileSystem",
  "WorkerFailed",
  "Http",
  "Network",
  "InvalidArgument",
] as const;

/** One of {@link formatErrorCodes}. */
export type FormatErrorCode = (typeof formatErrorCodes)[number];

/** What a {@link FormatError} can have beside its code and message. */
export interface FormatErrorDetails extends BlobErrorDetails {
  /** The archive path or file that it is about. */
  readonly path?: string | undefined;
}

/** The only kind of error that this package throws, apart from an aborted signal's reason. */
export class FormatError extends BlobError {
  /** Always `FormatError`. */
  override readonly name = "FormatError";
  /** What went wrong: one of {@link formatErrorCodes}. */
  override readonly code: FormatErrorCode;
  /** The archive path or file that it is about; undefined when it is about an archive as a whole. */
  readonly path: string | undefined;

  constructor(code: FormatErrorCode, message: string, details: FormatErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.path = details.path;
  }
}

/** Whether a value is a {@link FormatError}, of this or another copy of the package. */
export function isFormatError(value: unknown): value is FormatError {
  return isBlobError(value) && value.name === "FormatError";
}
