export type { Archive, ContentRange, ReadOptions } from "./archive.js";
export type { ByteRange, ByteSource, SignalOptions } from "./sources/byte-source.js";
export type {
  Chunk,
  Compression,
  DirectoryEntry,
  DirectoryListing,
  DirectoryStats,
  Entry,
  FileChunks,
  ListOptions,
} from "./entry.js";
export { FormatError, formatErrorCodes, isFormatError } from "./errors.js";
export type { FormatErrorCode, FormatErrorDetails } from "./errors.js";
export { encodeIndex } from "./index-codec/index-encoder.js";
export type { FileCuts } from "./index-codec/file-cuts.js";
export type { IndexContent } from "./index-codec/index-encoder.js";
export { comparePaths } from "./paths/compare-bytes.js";
export {
  archiveArtifactType,
  dataMediaType,
  defaultDataName,
  defaultIndexName,
  indexMediaType,
} from "./media-types.js";
export { isValidPath, normalizePath, validatePath } from "./paths/path.js";
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
export { openArchive, openArchiveInTurns } from "./reading/archive-reader.js";
export type { OpenOptions } from "./reading/archive-reader.js";
export { isSharedRange } from "./reading/shared-range.js";
export type { ChunkAccess, ChunkStore } from "./reading/chunk-store.js";
export type { ContentThreads, DecodeOnThread } from "./reading/content-threads.js";
export { bufferSource } from "./sources/buffer-source.js";
export type { BufferSourceOptions } from "./sources/buffer-source.js";
export type { ReadLimits } from "./reading/read-limits.js";
export { planReads } from "./reading/read-plan.js";
export type { PlannedRead, ReadPlanOptions } from "./reading/read-plan.js";
export { readPlanned } from "./reading/read-planned.js";
export type { ReadFile } from "./reading/read-planned.js";
export { portableSha256 } from "./sha256.js";
export { portableZstdDecoder } from "./zstd/portable/portable.js";
export { diffArchives, diffArchivesInTurns } from "./diff.js";
export type { ArchiveDiff, ChangedEntry, DiffArchivesOptions } from "./diff.js";
export { openHttpArchive } from "./reading/http-archive.js";
export type { HttpArchiveLocation, OpenHttpArchiveOptions } from "./reading/http-archive.js";
export type { HttpRequestOptions } from "./sources/http-request.js";
export { createHttpByteSource } from "./sources/http-byte-source.js";
export type { HttpByteSourceOptions } from "./sources/http-byte-source.js";
export { toWebStream } from "./reading/web-stream.js";
