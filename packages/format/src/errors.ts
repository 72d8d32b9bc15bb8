/** Every code of {@link FormatError}, with what it means. */
export const formatErrorCodes = [
  /** The index is damaged or breaks a rule of the format: refuse the archive. */
  "InvalidIndex",
  /** The index has a version, hash algorithm or compression that this implementation does not know. */
  "Unsupported",
  /** A tar stream is damaged, cut off, or says things that programs read in different ways: nothing of it is believed. */
  "InvalidTar",
  /** A path is not a valid archive path, or not one that can be written on this system. */
  "InvalidPath",
  /** The archive has no such file or directory. */
  "NotFound",
  /** A file was asked for where the archive has a directory, or the reverse. */
  "WrongKind",
  /** A file's content does not have the hash that the index promises. */
  "HashMismatch",
  /** A file's stored bytes do not decompress to exactly what the index promises. */
  "Decompression",
  /** A codec failed, or made of a file's content what does not decompress to it: nothing was archived. */
  "Compression",
  /** Something is larger than the limit that the caller set. */
  "SizeOverflow",
  /** The source has another size or hash than the index promises, or ended early. */
  "SourceMismatch",
  /** More files than the archive may have. */
  "TooManyFiles",
  /** A file was changed while it was read. */
  "FileChanged",
  /** Something in the destination directory is in the way. */
  "DestinationConflict",
  /** The file system refused: see `cause`. */
  "FileSystem",
  /** A worker thread could not be started or broke down: see `cause`. */
  "WorkerFailed",
  /** A server answered a request for bytes with something else: see the message. */
  "Http",
  /** The caller's arguments make no sense. */
  "InvalidArgument",
] as const;

export type FormatErrorCode = (typeof formatErrorCodes)[number];

export interface FormatErrorDetails {
  /** The archive path or file that it is about. */
  readonly path?: string | undefined;
  readonly cause?: unknown;
}

/** Lets two copies of this package recognise each other's errors. */
const brand = Symbol.for("@blob/format/error");

/** The only kind of error that this package throws, apart from an aborted signal's reason. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  readonly code: FormatErrorCode;
  readonly path: string | undefined;

  static {
    Object.defineProperty(FormatError.prototype, brand, { value: true });
  }

  constructor(code: FormatErrorCode, message: string, details: FormatErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
  }
}

/** Whether a value is a {@link FormatError}, of this or another copy of the package. */
export function isFormatError(value: unknown): value is FormatError {
  return typeof value === "object" && value !== null && brand in value;
}
