import { basename, dirname, resolve } from "node:path";
import { nextTurn } from "@blob/core/concurrency";

import type { Archive } from "../../archive.js";
import type { SignalOptions } from "../../byte-source.js";
import type { Entry } from "../../entry.js";
import { comparePaths } from "../../compare-bytes.js";
import { FormatError } from "../../errors.js";
import { normalizePath } from "../../path.js";
import type { ZstdDecoder } from "../../zstd/codec.js";
import type { ContentsBy, ContentStore } from "./content-store.js";
import { createFileWriter } from "./destination-file.js";
import type { FactsNotKept, FileWriter } from "./destination-file.js";
import { openDestination } from "./destination.js";
import type { Destination } from "./destination.js";
import { checkExpendable } from "./expendable.js";
import type { ExtractProgress } from "../create/progress.js";
import { checkWritablePath } from "../files/portable-path.js";

export interface ExtractOptions extends SignalOptions {
  /** Only what is below this directory of the archive; it keeps its full path. Default: the root. */
  readonly directory?: string | undefined;
  /** Only these files, and all below these directories. Default: all. An unknown path is a `NotFound` error. */
  readonly paths?: readonly string[] | undefined;
  /** Where an entry goes, as a path below the destination. Default: its path in the archive. */
  readonly target?: ((entry: Entry) => string) | undefined;
  /** Replace existing files, each atomically. Default: they are left alone and returned as skipped. */
  readonly overwrite?: boolean | undefined;
  /** Give files the archive's permission bits. Default: what the process's umask says. */
  readonly preserveMode?: boolean | undefined;
  /** Give files the archive's modification times, to the microsecond, which is what Node can set. */
  readonly preserveTimes?: boolean | undefined;
  /**
   * Empty the destination first, once everything was checked that can be without reading content. Never a file system
   * root, the home directory, the current directory, or a directory that these are in.
   */
  readonly clean?: boolean | undefined;
  /** Requests at a time; default 4. Files above 4 MiB are fetched two at a time at most. */
  readonly concurrency?: number | undefined;
  /** Memory for stored bytes of all requests together; default 32 MiB. */
  readonly readAheadBytes?: number | undefined;
  /** The most that one request asks for; default 8 MiB, and at most its share of `readAheadBytes`. */
  readonly maxRangeBytes?: number | undefined;
  /** The codec to decompress with. Default: the best one that this runtime has. */
  readonly decoder?: ZstdDecoder | undefined;
  /**
   * Threads that decompress, verify and write small files. 0 does all on this thread. Default: one for each core but
   * this thread's, at most 2, when there are enough files. Only on Linux, and not with a given `decoder`, which is used
   * on this thread.
   */
  readonly workers?: number | undefined;
  /** Contents that are known already: they are not fetched, and what is fetched is kept there, behind the extraction. */
  readonly contents?: ContentStore | undefined;
  /**
   * How files get known contents: `copy` (default); `clone`, which shares their bytes where the file system can; or
   * `link`, one more name of the kept file, readable for its owner only. **Who changes a linked file spoils what is
   * kept**, which its owner notices. A file that replaces another, or with `preserveMode` or `preserveTimes`, is cloned
   * instead of linked. Where directories are not held, which only Linux can, all are copied.
   */
  readonly contentsBy?: ContentsBy | undefined;
  readonly onProgress?: ((progress: ExtractProgress) => void) | undefined;
}

export interface ExtractResult {
  /** How many files were written. */
  readonly files: number;
  /** Sum of their sizes in bytes. */
  readonly size: number;
  /** The archive paths of files that were left alone because something has their name. */
  readonly skipped: readonly string[];
  /** Files that were written, and whose mode or time, which were to be preserved, the file system did not keep. */
  readonly notKept: readonly FactsNotKept[];
}

/** A file that is to be written. */
export interface Extraction {
  readonly entry: Entry;
  /** Its path below the destination. */
  readonly target: string;
}

/**
 * Writes files of an archive below a directory, which is made when it does not exist. Each file appears under its name
 * only when its content was verified. Nothing is ever written outside of the destination, whatever the archive says and
 * whatever links are or appear in the destination. Neighbouring files are fetched by one request; memory depends on
 * the options, not on the archive. After an error, files that have their names stay.
 *
 * Before anything is written: `NotFound`, `InvalidPath`, `DestinationConflict`, `InvalidArgument`. Then:
 * `HashMismatch`, `Decompression`, `SourceMismatch`, `DestinationConflict`, `FileSystem`, `WorkerFailed`, and errors
 * of the source.
 */
export async function extractArchive(
  archive: Archive,
  directory: string,
  options: ExtractOptions = {},
): Promise<ExtractResult> {
  options.signal?.throwIfAborted();
  const selected = await planExtraction(archive, options);
  if (options.clean === true) checkExpendable(directory);
  const destination = openDestination(directory);
  try {
    if (options.clean === true) {
      // What was opened, wherever links led to it.
      checkExpendable(destination.path);
      destination.empty();
    }
    return await extractTo(archive, destination, selected, options);
  } finally {
    destination.close();
  }
}

/** The same for a destination that is open, which is not emptied. */
export async function extractInto(
  archive: Archive,
  destination: Destination,
  options: Omit<ExtractOptions, "clean">,
): Promise<ExtractResult> {
  return extractTo(archive, destination, await planExtraction(archive, options), options);
}

/** Options of {@link extractFile}. */
export type ExtractFileOptions = Pick<
  ExtractOptions,
  | "overwrite"
  | "preserveMode"
  | "preserveTimes"
  | "decoder"
  | "contents"
  | "contentsBy"
  | "onProgress"
  | "signal"
>;

/** Writes one file of an archive to a file of any name. The same promises and errors as {@link extractArchive}. */
export async function extractFile(
  archive: Archive,
  path: string,
  file: string,
  options: ExtractFileOptions = {},
): Promise<ExtractResult> {
  options.signal?.throwIfAborted();
  const entry = archive.entry(path);
  if (entry === undefined) throw notFound(path, archive.isDirectory(path), "file");
  const destination = openDestination(dirname(resolve(file)));
  try {
    return await extractTo(archive, destination, [{ entry, target: basename(resolve(file)) }], options);
  } finally {
    destination.close();
  }
}

async function extractTo(
  archive: Archive,
  destination: Destination,
  selected: readonly Extraction[],
  options: ExtractOptions,
): Promise<ExtractResult> {
  const { overwrite = false, preserveMode = false, preserveTimes = false } = options;
  const writer = createFileWriter(destination, { overwrite, preserveMode, preserveTimes });
  const { wanted, skipped } = await splitTaken(writer, selected, options);
  // Only now: whoever creates archives, or reads single files, does without.
  const { extractFiles } = await import("./extract-files.js");
  const written = await extractFiles(archive, writer, wanted, options);
  return { ...written, skipped: skipped.concat(written.skipped), notKept: writer.notKept };
}

/** So many files are looked at before other work of the process gets a turn: some milliseconds. */
const filesPerTurn = 1000;

async function takeTurn(signal: AbortSignal | undefined): Promise<void> {
  await nextTurn();
  signal?.throwIfAborted();
}

/** What is to be written where, in the order of the archive: checked as far as that is possible without writing. */
async function planExtraction(archive: Archive, options: ExtractOptions): Promise<Extraction[]> {
  const targets = new Set<string>();
  const selected: Extraction[] = [];
  for (const entry of selectEntries(archive, options)) {
    if (selected.length % filesPerTurn === filesPerTurn - 1) await takeTurn(options.signal);
    const target = options.target?.(entry) ?? entry.path;
    checkWritablePath(target, process.platform);
    if (targets.has(target)) {
      throw new FormatError(
        "DestinationConflict",
        `${JSON.stringify(entry.path)} and another file of the archive both go to ${JSON.stringify(target)}`,
        { path: entry.path },
      );
    }
    targets.add(target);
    selected.push({ entry, target });
  }
  return selected;
}

/** In the order of the archive's paths, each once: neighbours are fetched together. */
function selectEntries(archive: Archive, { directory = "", paths }: ExtractOptions): Iterable<Entry> {
  const below = normalizePath(directory);
  if (!archive.isDirectory(below)) throw notFound(directory, archive.isFile(below), "directory");
  if (paths === undefined) return archive.entries(below);
  const selected = new Map<string, Entry>();
  for (const path of paths) {
    const entry = archive.entry(path);
    if (entry === undefined && !archive.isDirectory(path)) throw notFound(path, false, "file");
    for (const found of entry === undefined ? archive.entries(normalizePath(path)) : [entry]) {
      if (below === "." || found.path.startsWith(`${below}/`)) selected.set(found.path, found);
    }
  }
  return [...selected.values()].toSorted((a, b) => comparePaths(a.path, b.path));
}

/** Looks before anything is fetched or written: what exists is skipped, and what is in the way of it is an error. */
async function splitTaken(
  writer: FileWriter,
  selected: readonly Extraction[],
  { overwrite = false, signal }: ExtractOptions,
): Promise<{ readonly wanted: readonly Extraction[]; readonly skipped: readonly string[] }> {
  const wanted: Extraction[] = [];
  const skipped: string[] = [];
  for (const [index, extraction] of selected.entries()) {
    if (index % filesPerTurn === filesPerTurn - 1) await takeTurn(signal);
    const taken = writer.isTaken(extraction.target);
    if (taken && !overwrite) skipped.push(extraction.entry.path);
    else wanted.push(extraction);
  }
  return { wanted, skipped };
}

function notFound(path: string, isOtherKind: boolean, what: "file" | "directory"): FormatError {
  return isOtherKind
    ? new FormatError(
        "WrongKind",
        `${JSON.stringify(path)} is not of the kind that was asked for: a file or a directory`,
        { path },
      )
    : new FormatError("NotFound", `The archive has nothing at ${JSON.stringify(path)}`, { path, what });
}
