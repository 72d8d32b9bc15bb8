export type { Archive, ContentRange, ReadOptions } from "./archive.js";
export type { ByteRange, ByteSource, SignalOptions } from "./byte-source.js";
export type {
  Compression,
  DirectoryEntry,
  DirectoryListing,
  DirectoryStats,
  Entry,
  ListOptions,
} from "./entry.js";
export { FormatError, formatErrorCodes, isFormatError } from "./errors.js";
export type { FormatErrorCode, FormatErrorDetails } from "./errors.js";
export { encodeIndex } from "./index-encoder.js";
export type { IndexContent } from "./index-encoder.js";
export { comparePaths } from "./compare-bytes.js";
export {
  archiveArtifactType,
  dataMediaType,
  defaultDataName,
  defaultIndexName,
  indexMediaType,
} from "./media-types.js";
export { isValidPath, normalizePath, validatePath } from "./path.js";
export type { Sha256, Sha256Hasher } from "./sha256.js";
export type {
  ZstdDecodeOptions,
  ZstdDecoder,
  ZstdEncoder,
  ZstdFrameDecoder,
  ZstdFrameHeader,
  ZstdFrameStream,
  ZstdPromise,
  ZstdStream,
} from "./zstd/codec.js";
export { createZstdDecoder } from "./zstd/decoder.js";
export { pushInTurns } from "./zstd/in-turns.js";
export { openArchive } from "./archive-reader.js";
export type { OpenOptions } from "./archive-reader.js";
export type { ContentThreads, DecodeOnThread } from "./content-threads.js";
export { bufferSource } from "./buffer-source.js";
export type { BufferSourceOptions } from "./buffer-source.js";
export type { ReadLimits } from "./read-limits.js";
export { planReads } from "./read-plan.js";
export type { PlannedRead, ReadPlanOptions } from "./read-plan.js";
export { readPlanned } from "./read-planned.js";
export type { ReadFile } from "./read-planned.js";
export { portableSha256 } from "./sha256.js";
export { portableZstdDecoder } from "./zstd/portable/portable.js";
export { diffArchives } from "./diff.js";
export type { ArchiveDiff, ChangedEntry } from "./diff.js";
export { openHttpArchive } from "./http-archive.js";
export type { HttpArchiveLocation, OpenHttpArchiveOptions } from "./http-archive.js";
export type { HttpRequestOptions } from "./http-request.js";
export { createHttpByteSource } from "./http-byte-source.js";
export type { HttpByteSourceOptions } from "./http-byte-source.js";
export { toWebStream } from "./web-stream.js";
