import type { ByteSource, SignalOptions } from "./byte-source.js";
import type { DirectoryEntry, DirectoryStats, Entry } from "./entry.js";

/** A range of a file's content in bytes. */
export interface ContentRange {
  readonly offset: number;
  readonly length: number;
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
  readonly data: ByteSource;

  entry(path: string): Entry | undefined;
  exists(path: string): boolean;
  isFile(path: string): boolean;
  isDirectory(path: string): boolean;
  /** Files and directories directly in a directory. `NotFound`, `WrongKind`. */
  readDirectory(path: string): readonly DirectoryEntry[];
  /** All files, or those below a directory, lazily and in order. */
  entries(directory?: string): IterableIterator<Entry>;
  directoryStats(directory?: string): DirectoryStats;

  /**
   * The content of a file, verified: one range of the source. `NotFound`, `WrongKind`, `SizeOverflow` (a file larger
   * than `limits.maxFileBytes`: stream it), `HashMismatch`, `Decompression`, `SourceMismatch`.
   */
  readFile(path: string, options?: SignalOptions): Promise<Uint8Array>;
  /** The same as text; `HashMismatch` and the others as above. Malformed UTF-8 becomes U+FFFD. */
  readFile(path: string, encoding: "utf8", options?: SignalOptions): Promise<string>;

  /**
   * The content of a file of any size, as a lazy single-use iterable. It is verified at the end: with wrong content
   * the iterable throws `HashMismatch` instead of ending, so whoever uses bytes before the end uses unverified ones.
   * Leaving the loop early frees the source.
   */
  stream(path: string, options?: SignalOptions): AsyncIterable<Uint8Array>;
}
