import { readSync } from "node:fs";

import { fileSystemError } from "../files/file-system-error.js";
import { nameOf } from "../walk/found-files.js";
import type { FoundDirectory } from "../walk/found-files.js";
import { readSmallFile } from "../walk/read-small-file.js";
import type { ChangeDetection, FileFacts } from "../walk/read-small-file.js";
import { SourceDirectories } from "../walk/source-directories.js";
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

/** What was read of a file. */
export interface ReadContent {
  /** May be overwritten by the next read. */
  readonly content: Uint8Array;
  /** When they are not, or may not be, as they were listed. */
  readonly facts: FileFacts | undefined;
}

/** Reads the files of a batch, in their order. */
export interface BatchReader {
  /** `FileChanged`, `FileSystem`. */
  read(index: number): ReadContent;
  /** Throws `FileChanged` when what was read may have been something else. To be called before it is used. */
  check(): void;
  close(): void;
}

/** The files of which a source has the contents. */
export interface BatchFiles {
  readonly paths: readonly string[];
  /** Expected, in bytes. */
  readonly sizes: Float64Array;
}

/** Opens a source. Files are read into `scratch`, which is a byte longer than the largest small file. */
export function openBatchSource(
  source: BatchSource,
  files: BatchFiles,
  scratch: Uint8Array,
  changeDetection: ChangeDetection,
): BatchReader {
  const readFile = (location: string, index: number): ReadContent => {
    const [path, size] = [files.paths[index] ?? "", files.sizes[index] ?? 0];
    const { length, facts } = readSmallFile(location, path, size, scratch, changeDetection);
    return { content: scratch.subarray(0, length), facts };
  };
  if (source.kind === "given") {
    return {
      read: (index) => readGiven(source, files, index, scratch, readFile),
      check: () => undefined,
      close: () => undefined,
    };
  }
  const sources = new SourceDirectories(source.root);
  const named = { paths: files.paths, names: source.names };
  return {
    read(index) {
      const directory = source.directories[index];
      if (directory === undefined) throw new TypeError("A file of a batch has no directory");
      return readFile(sources.locate(directory, nameOf(named, index), files.paths[index] ?? ""), index);
    },
    check: () => sources.check(),
    close: () => sources.close(),
  };
}

function readGiven(
  { bytes, places }: GivenSource,
  { paths, sizes }: BatchFiles,
  index: number,
  scratch: Uint8Array,
  readFile: (location: string, index: number) => ReadContent,
): ReadContent {
  const place = places[index];
  const size = sizes[index] ?? 0;
  if (place === undefined) throw new TypeError("A file of a batch has no place");
  switch (place.kind) {
    case "bytes":
      return { content: bytes.subarray(place.from, place.from + size), facts: undefined };
    case "spool":
      readSpooled(place.handle, place.position, scratch.subarray(0, size), paths[index] ?? "");
      return { content: scratch.subarray(0, size), facts: undefined };
    case "file":
      return readFile(place.location, index);
    default:
      return place satisfies never;
  }
}

function readSpooled(handle: number, position: number, target: Uint8Array, path: string): void {
  try {
    for (let done = 0; done < target.length;) {
      const read = readSync(handle, target, done, target.length - done, position + done);
      if (read === 0) throw new Error("the temporary file is shorter than what was written to it");
      done += read;
    }
  } catch (cause) {
    throw fileSystemError(cause, "read what was kept of", path);
  }
}
