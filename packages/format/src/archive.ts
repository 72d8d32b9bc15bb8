import type { ByteSource, SignalOptions } from "./sources/byte-source.js";
import type {
  DirectoryEntry,
  DirectoryListing,
  DirectoryStats,
  Entry,
  FileChunks,
  ListOptions,
} from "./entry.js";

/** A range of a file's content in bytes. */
export interface ContentRange {
  /** The first byte. */
  readonly offset: number;
  /** How many bytes. */
  readonly length: number;
}

/** Options of reads. */
export interface ReadOptions extends SignalOptions {
  /**
   * Read only this part of the file, which must lie inside of its content (`InvalidArgument`).
   *
   * Of a file that is cut into chunks (see {@link Archive.chunks}) the chunks that the part touches are fetched, in one
   * request, and each is verified before any byte of it is given. Parts of up to 16 MiB are shared: those who read the same
   * chunks at the same time fetch them once, and the last ones that were read stay in memory (`limits.maxKeptBytes`) or in
   * the store of `OpenOptions.chunks`. Of larger parts one chunk is in memory at a time, and nothing is kept.
   *
   * Of a file without chunks that is stored uncompressed only the part is fetched; a compressed one is decompressed from its
   * beginning. The hash covers the whole file, so **such a part is not verified**, unless it is all of the file.
   */
  readonly range?: ContentRange | undefined;
}

/**
 * An archive that is open for reading: its index, checked once, over a source of data that is only read on demand.
 *
 * Look-ups are synchronous, take a path in any spelling that `normalizePath` accepts, and never throw for what the
 * index contains: opening it has checked everything. Paths and listings are in the order of their UTF-8 bytes.
 */
export interface Archive {
  /** How many files there are. */
  readonly entryCount: number;
  /** The size of the data part in bytes. */
  readonly dataSize: number;
  /** SHA-256 of the data part, when the index has it: every pushed archive's does. */
  readonly dataHash: Uint8Array | undefined;
  /** The bytes of the index, as they were opened. Must not be written to. */
  readonly index: Uint8Array;
  /** Where the data is read from. */
  readonly data: ByteSource;
  /**
   * Where the archive comes from, if that was said when it was opened. Errors about the archive have it as their
   * `reference`.
   */
  readonly origin?: string | undefined;

  /** The file at a path; `undefined` for directories and for what is not there. */
  entry(path: string): Entry | undefined;
  /**
   * The chunks of a file, when the archive says how it is cut: archives of this package do for files above 4 MiB. Files
   * with equal content may share what is returned.
   * `undefined` for other files, for directories, and for what is not there.
   */
  chunks(path: string): FileChunks | undefined;
  /** Whether there is a file or directory. The root is always one. */
  exists(path: string): boolean;
  /** Whether there is a file. */
  isFile(path: string): boolean;
  /** Whether there is a directory: the root, or a path that has files below it. */
  isDirectory(path: string): boolean;
  /** What is at a path: a file with its entry, or a directory; `undefined` for what is not there. The root is `"."`. */
  stat(path: string): DirectoryEntry | undefined;
  /**
   * Files and directories directly in a directory, in the order of the names' bytes. Costs nothing for what lies
   * further below. `NotFound`, `WrongKind`, `InvalidPath`.
   */
  readDirectory(path: string): readonly DirectoryEntry[];
  /**
   * As `readDirectory`, but entries are made when they are asked for: for showing a part of a directory that may be
   * large. Takes some 0.1 µs and 4 bytes for each file and directory in it. `NotFound`, `WrongKind`, `InvalidPath`.
   */
  listDirectory(path: string, options?: ListOptions): DirectoryListing;
  /**
   * All files, or those below a directory, lazily and in order. `NotFound`, `WrongKind`, `InvalidPath`: thrown by the
   * call, not by the iterator.
   */
  entries(directory?: string): IterableIterator<Entry>;
  /** Totals over all files, or over those below a directory. `NotFound`, `WrongKind`, `InvalidPath`. */
  directoryStats(directory?: string): DirectoryStats;
  /** Throws one `NotFound` error with all paths that are not files, if there are any. */
  validateFiles(paths: Iterable<string>): void;

  /**
   * The content of a file, verified: one range of the source, and no request at all for an empty file. The bytes are
   * the caller's. `NotFound`, `WrongKind`, `InvalidPath`, `SizeExceeded` (more than `limits.maxFileBytes`: stream it),
   * `HashMismatch`, `Decompression`, `SourceMismatch`, `Unsupported`, and errors of the source.
   */
  readFile(path: string, options?: ReadOptions): Promise<Uint8Array>;
  /** The same as text. Malformed UTF-8 becomes U+FFFD; a byte order mark is kept. */
  readFile(path: string, encoding: "utf8", options?: ReadOptions): Promise<string>;

  /**
   * The content of a file of any size, as a lazy single-use iterable. It is verified at the end: with wrong content
   * the iterable throws `HashMismatch` instead of ending, so whoever uses bytes before the end uses unverified ones. Of a
   * file that is cut into chunks, each chunk is verified before any of its bytes is given, and the whole at the end as well.
   * Leaving the loop early frees the source. Errors as above, but no `SizeExceeded`; those about the path are thrown
   * by the call.
   */
  stream(path: string, options?: ReadOptions): AsyncIterable<Uint8Array>;
}
