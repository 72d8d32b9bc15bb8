export type { Archive, ContentRange } from "./archive.js";
export type { ByteRange, ByteSource, SignalOptions } from "./byte-source.js";
export type { Compression, DirectoryEntry, DirectoryStats, Entry } from "./entry.js";
export { FormatError, formatErrorCodes, isFormatError } from "./errors.js";
export type { FormatErrorCode, FormatErrorDetails } from "./errors.js";
