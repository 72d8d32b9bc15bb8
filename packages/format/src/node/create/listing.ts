import type { DroppedModeBits, FileColumns } from "../walk/file-columns.js";
import type { ChangeDetection, FileFacts } from "../walk/read-small-file.js";
import type { SkippedFile } from "../walk/walk-options.js";
import type { BatchSource } from "./file-batch.js";
import type { LargeFile } from "./large-file.js";

/** The files of an archive to be: what is known of them, in their order, and where their contents are. */
export interface Listing {
  /** They may grow until the end is reached. */
  readonly files: FileColumns;
  readonly contents: ListedContents;
  /** Waits until there are so many files, or all there are. One waits at a time. */
  until(count: number): Promise<unknown>;
  /** Waits for the end. Rejects, as `until` does, with what went wrong. */
  end(): Promise<ListedFiles>;
  /** The result, once the end is reached. */
  readonly result: ListedFiles | undefined;
  /** Ends it, if it has not ended: then it fails. */
  stop(): void;
  /** The same, and frees what contents are read from: when nobody reads them any more. */
  close(): Promise<void>;
}

/** All files. */
export interface ListedFiles {
  readonly files: FileColumns;
  /** Sum of the sizes in bytes. */
  readonly size: number;
  readonly skipped: readonly SkippedFile[];
  readonly modeBitsDropped: readonly DroppedModeBits[];
}

/** Where the contents of listed files are. */
export interface ListedContents {
  /** Of small files in a row: plain data, which any thread of the process can read from. */
  pick(from: number, to: number): BatchSource;
  /** Opens a large one. `FileChanged`, `FileSystem`. The caller closes it. */
  open(row: number, changeDetection: ChangeDetection): Promise<LargeFile>;
  /** What the archive is to say of a file of which this was found when it was read. */
  factsOf(row: number, found: FileFacts): FileFacts;
}
