import type { FoundDirectory } from "../walk/found-files.js";
import type { ChangeDetection, FileFacts } from "../walk/read-small-file.js";
import type { SourceRoot } from "../walk/source-directory.js";

/** Where the contents of a batch of small files are. Plain data: it is sent to worker threads. */
export type BatchSource = FoundSource | GivenSource;

/** Files that were found below a directory. */
export interface FoundSource {
  readonly kind: "found";
  /** Stays open as long as anybody works at the batch. */
  readonly root: SourceRoot;
  /** The directories that the files are in. */
  readonly directories: readonly FoundDirectory[];
  /** Their names there, where these are not the paths' last: of links that were followed. */
  readonly names: ReadonlyMap<number, string>;
}

/** Files that a caller gave. */
export interface GivenSource {
  readonly kind: "given";
  /** Contents that are in memory, one after another: the batch's own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly places: readonly SmallPlace[];
}

/** Where the content of a small file is. */
export type SmallPlace =
  /** In the bytes of the batch. */
  | { readonly kind: "bytes"; readonly from: number }
  /** In a file that is ours, by a handle that all threads have. */
  | { readonly kind: "spool"; readonly handle: number; readonly position: number }
  /** A file of the caller's. */
  | { readonly kind: "file"; readonly location: string };

/** The files of which a source has the contents. */
export interface BatchFiles {
  readonly paths: readonly string[];
  /** Expected, in bytes. */
  readonly sizes: Float64Array;
}

/** Small files that are to be read, hashed and compressed: in columns, which cost little to send to another thread. */
export interface FileBatch extends BatchFiles {
  readonly source: BatchSource;
  /** 1 where to try to compress. */
  readonly compress: Uint8Array;
}

export interface BatchOptions {
  readonly level: number;
  readonly changeDetection: ChangeDetection;
}

/** Files that were read, in columns, which cost nothing to send to another thread. Owns its buffers. */
export interface PackedBatch {
  /** The stored bytes one after another. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of each file's content, 32 bytes each. */
  readonly hashes: Uint8Array<ArrayBuffer>;
  readonly sizes: Float64Array<ArrayBuffer>;
  readonly storedSizes: Float64Array<ArrayBuffer>;
  /** 1 where the stored bytes are a zstd frame. */
  readonly compressed: Uint8Array<ArrayBuffer>;
  /** By position: of files that are not, or may not be, as they were listed. */
  readonly facts: ReadonlyMap<number, FileFacts>;
}
