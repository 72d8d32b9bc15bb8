/** How a file's bytes are stored. */
export type Compression = "none" | "zstd";

/** One file of an archive, as the index describes it. Plain data; `hash` must not be written to. */
export interface Entry {
  /** Slash-separated, relative, valid UTF-8. */
  readonly path: string;
  /** The size of the file in bytes. */
  readonly size: number;
  /** SHA-256 of the file's content: 32 bytes. */
  readonly hash: Uint8Array;
  /** Permission bits (`0o777`). */
  readonly mode: number;
  /** Numeric user id of the owner. Recorded only: extracting does not set owners. */
  readonly uid: number;
  /** Numeric group id of the owner. Recorded only, as `uid`. */
  readonly gid: number;
  /** Nanoseconds since the epoch, as a bigint, since a number could not hold them exactly. May be negative. */
  readonly mtimeNs: bigint;
  /** `"unknown"`: the archive was written by a later version; reading this file is an `Unsupported` error. */
  readonly compression: Compression | "unknown";
  /** Where the stored bytes begin in the data part. */
  readonly dataOffset: number;
  /** How many bytes are stored: the compressed size. */
  readonly storedSize: number;
}

/** A part of a large file that can be fetched, decompressed and verified by itself. `hash` must not be written to. */
export interface Chunk {
  /** Its number in the file, from 0 on. */
  readonly index: number;
  /** Where its content begins in the file, in bytes. */
  readonly offset: number;
  /** The size of its content in bytes: never 0, at most 16 MiB. */
  readonly size: number;
  /** SHA-256 of its content: 32 bytes. */
  readonly hash: Uint8Array;
  /** Where its stored bytes begin in the data part. */
  readonly dataOffset: number;
  /** How many bytes are stored. */
  readonly storedSize: number;
}

/**
 * How a large file is cut into chunks: one after another, without a gap, all of the file's content and of its stored
 * bytes. Chunks are made when they are asked for.
 */
export interface FileChunks extends Iterable<Chunk> {
  /** How many there are: at least one. */
  readonly count: number;
  /** Where the cuts are: every so many bytes, or where the content says, so that they move with it. */
  readonly boundaries: "fixed" | "content";
  /** The size of each chunk but the last; of cuts that the content says, the size that they aim at. */
  readonly chunkSize: number;
  /** The chunk with a number; `undefined` when there is none. */
  at(index: number): Chunk | undefined;
  /** The number of the chunk that has the byte at a place of the file, which must lie inside of it. */
  indexOf(offset: number): number;
}

/** What is in a directory: a file, or a directory. Directories are not stored: one exists if files lie below it. */
export type DirectoryEntry =
  | { readonly kind: "file"; readonly name: string; readonly path: string; readonly entry: Entry }
  | { readonly kind: "directory"; readonly name: string; readonly path: string };

/** How a directory is listed. */
export interface ListOptions {
  /** All directories before all files, each in the order of the names' bytes. Default: one order for both. */
  readonly directoriesFirst?: boolean | undefined;
}

/**
 * What is directly in a directory. Entries are made when they are asked for, so that a part of a large directory costs
 * what the part is. Indexes are whole numbers from 0 on.
 */
export interface DirectoryListing extends Iterable<DirectoryEntry> {
  /** How many files and directories there are. */
  readonly length: number;
  /**
   * The file or directory at an index, made by this call; `undefined` outside of the listing. Negative indexes are not
   * counted from the end.
   */
  at(index: number): DirectoryEntry | undefined;
  /** Only the name of what is at an index, which costs less than {@link DirectoryListing.at}. */
  nameAt(index: number): string | undefined;
  /** Only whether it is a file or a directory, without making its entry; `undefined` outside of the listing. */
  kindAt(index: number): DirectoryEntry["kind"] | undefined;
  /** What is in the directory at an index, without looking its path up; `undefined` when there is a file or nothing. */
  listAt(index: number): DirectoryListing | undefined;
  /** The index of the file or directory with this name, by binary search; -1 when there is none. */
  indexOf(name: string): number;
  /** The entries from an index on, up to another one, which is not included. Default: all. */
  slice(from?: number, to?: number): DirectoryEntry[];
}

/** Totals over the files below a prefix. */
export interface DirectoryStats {
  /** How many files there are, at any depth. */
  readonly files: number;
  /** Sum of the files' sizes in bytes. */
  readonly size: number;
  /** Sum of their stored sizes in bytes; a range shared by several files counts for each. */
  readonly storedSize: number;
}
