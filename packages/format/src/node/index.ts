export type { DataSink, FinishedArchive } from "./files/data-sink.js";
export { createArchiveFiles } from "./create/create-archive.js";
export type { CreatedArchiveFiles } from "./create/create-archive.js";
export { createArchive } from "./create/create-archive.js";
export type { ArchiveFile, ArchiveFileContent, ArchiveInput } from "./create/archive-file.js";
export { defaultMaxFiles } from "./create/create-options.js";
export type { CreatedArchive, CreateOptions, ReproducibleOptions } from "./create/create-options.js";
export { diffDirectory } from "./sync/diff-directory.js";
export type { DiffDirectoryOptions, DirectoryDiff } from "./sync/diff-directory.js";
export type { ContentsBy, ContentStore, StoredContent } from "./extract/content-store.js";
export type { FactsNotKept } from "./extract/facts-not-kept.js";
export { extractArchive, extractFile } from "./extract/extract.js";
export type { ExtractFileOptions, ExtractOptions, ExtractResult } from "./extract/extract-options.js";
export type { DroppedModeBits } from "./walk/file-columns.js";
export { openFileSource } from "./local/archive-files.js";
export type { FileSource } from "./local/archive-files.js";
export { openLocalArchive } from "./local/archive-files.js";
export type { LocalArchive, LocalArchiveLocation, OpenLocalArchiveOptions } from "./local/archive-files.js";
export { nodeSha256 } from "./read/node-sha256.js";
export { createNodeZstd } from "./zstd/node-zstd.js";
export type { NodeZstd } from "./zstd/node-zstd.js";
export type { FilterOptions } from "./walk/path-filter.js";
export type { CreateProgress, ExtractProgress } from "./files/progress.js";
export type { Chunking } from "./create/chunk-sizes.js";
export type { ChangeDetection } from "./walk/read-small-file.js";
export { saveArchive } from "./create/save.js";
export type { SavedArchive, SaveOptions } from "./create/save.js";
export {
  defaultSkipCompression,
  skipCompressedExtensions,
  skipSmallerThan,
} from "./create/skip-compression.js";
export type { SkipCompression } from "./create/skip-compression.js";
export { syncDirectory } from "./sync/sync-directory.js";
export type { SyncOptions, SyncResult } from "./sync/sync-directory.js";
export type { SkippedFile, SkipReason } from "./walk/walk-options.js";
export { loadZstdDecoder } from "./zstd/zstd-decoder.js";
export { archiveFileSystem } from "./file-system/archive-file-system.js";
export type { ArchiveFilePromises, ArchiveFileSystem } from "./file-system/archive-file-system.js";
export type { ArchiveFileHandle } from "./file-system/archive-file-handle.js";
export { createContentThreads } from "./read/content-threads.js";
export type { ContentThreadsOptions, OwnedContentThreads } from "./read/content-threads.js";
export { compressTar } from "./tar/compress-tar.js";
export type { TarCompression } from "./tar/compress-tar.js";
export { decompressTar } from "./tar/decompress-tar.js";
export type { DecompressTarOptions } from "./tar/decompress-tar.js";
export { toZip } from "./zip/to-zip.js";
export type { ToZipOptions } from "./zip/to-zip.js";
