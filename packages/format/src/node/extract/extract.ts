import { attributing } from "../../reading/archive-origin.js";
import { basename, dirname, resolve } from "node:path";
import { nextTurn } from "@blob/core/concurrency";

import type { Archive } from "../../archive.js";
import type { Entry } from "../../entry.js";
import { comparePaths } from "../../paths/compare-bytes.js";
import { FormatError } from "../../errors.js";
import { normalizePath } from "../../paths/path.js";
import { createFileWriter } from "./destination-file.js";
import type { FileWriter } from "./file-writer.js";
import { checkExtractOptions } from "./extract-options.js";
import type { Extraction, ExtractFileOptions, ExtractOptions, ExtractResult } from "./extract-options.js";
import { openDestination } from "./destination.js";
import type { Destination } from "./destination.js";
import { checkExpendable } from "./expendable.js";
import { keptPartials } from "./kept-partials.js";
import type { FindLocalChunks } from "./local-chunks.js";
import { checkWritablePath } from "../files/portable-path.js";

/**
 * Writes files of an archive below a directory, which is made when it does not exist. Each file appears under its name
 * only when its content was verified. Nothing is ever written outside of the destination, whatever the archive says and
 * whatever links are or appear in the destination. Neighbouring files are fetched by one request; memory depends on
 * the options, not on the archive. After an error, files that have their names stay.
 *
 * A large file that the index has chunks of is verified chunk by chunk. When its extraction is interrupted, by an abort, a
 * failure of the source or the disk, or the end of the process, what was written stays beside it in a hidden file
 * (`.….partial`). The next extraction of the same name goes on with it: it verifies what is there, fetches what is missing,
 * and leaves no such file behind. Content that is wrong is never kept, and nobody uses a file of another user, a link, or
 * one that another process still writes to.
 *
 * Before anything is written: `NotFound`, `InvalidPath`, `DestinationConflict`, `InvalidArgument`. Then:
 * `HashMismatch`, `Decompression`, `SourceMismatch`, `DestinationConflict`, `FileSystem`, `WorkerFailed`, and errors
 * of the source.
 *
 * @example
 * ```ts
 * const { files } = await extractArchive(archive, "./copy", { directory: "css", overwrite: true });
 * ```
 */
export async function extractArchive(
  archive: Archive,
  directory: string,
  options: ExtractOptions = {},
): Promise<ExtractResult> {
  return attributing(archive, () => extractSelected(archive, directory, options));
}

async function extractSelected(
  archive: Archive,
  directory: string,
  options: ExtractOptions,
): Promise<ExtractResult> {
  checkExtractOptions(options);
  options.signal?.throwIfAborted();
  const selected = await planExtraction(archive, options);
  if (options.clean === true) checkExpendable(directory);
  const destination = openDestination(directory);
  try {
    if (options.clean === true) {
      // What was opened, wherever links led to it.
      checkExpendable(destination.path);
      destination.empty(keptPartials(archive, selected));
    }
    return await extractTo(archive, destination, selected, options);
  } finally {
    destination.close();
  }
}

/** How an extraction is a part of something larger. */
export interface ExtractIntoOptions extends Omit<ExtractOptions, "clean"> {
  /** Chunks of large files that need not be fetched. */
  readonly localChunks?: FindLocalChunks | undefined;
}

/** The same for a destination that is open, which is not emptied. */
export async function extractInto(
  archive: Archive,
  destination: Destination,
  options: ExtractIntoOptions,
): Promise<ExtractResult> {
  return extractTo(archive, destination, await planExtraction(archive, options), options);
}

/** Writes one file of an archive to a file of any name. The same promises and errors as {@link extractArchive}. */
export async function extractFile(
  archive: Archive,
  path: string,
  file: string,
  options: ExtractFileOptions = {},
): Promise<ExtractResult> {
  return attributing(archive, () => extractOne(archive, path, file, options));
}

async function extractOne(
  archive: Archive,
  path: string,
  file: string,
  options: ExtractFileOptions,
): Promise<ExtractResult> {
  checkExtractOptions(options);
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
  selected: Iterable<Extraction>,
  options: ExtractIntoOptions,
): Promise<ExtractResult> {
  const { overwrite = false, preserveMode = true, preserveTimes = true } = options;
  // Who asks for links, and says nothing of facts, wants links: such files have those of what is kept.
  const mayLink = options.preserveMode !== true && options.preserveTimes !== true;
  const writer = createFileWriter(destination, { overwrite, preserveMode, preserveTimes, mayLink });
  const { wanted, skipped } = await splitTaken(archive, writer, selected, options);
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

/**
 * What is to be written where, in the order of the archive: checked as far as that is possible without writing. All of
 * an archive under its own names is not kept but made each time that one goes through it: it takes too much memory.
 */
async function planExtraction(archive: Archive, options: ExtractOptions): Promise<Iterable<Extraction>> {
  const entries = selectEntries(archive, options);
  const isKept = options.target !== undefined;
  const targets = new Set<string>();
  const selected: Extraction[] = [];
  let count = 0;
  for (const entry of entries) {
    if (++count % filesPerTurn === 0) await takeTurn(options.signal);
    const target = options.target?.(entry) ?? entry.path;
    checkWritablePath(target, process.platform);
    // An archive has each path once.
    if (isKept && targets.has(target)) {
      throw new FormatError(
        "DestinationConflict",
        `${JSON.stringify(entry.path)} and another file of the archive both go to ${JSON.stringify(target)}`,
        { path: entry.path },
      );
    }
    if (!isKept) continue;
    targets.add(target);
    selected.push({ entry, target });
  }
  return isKept ? selected : underOwnNames(entries);
}

function underOwnNames(entries: Iterable<Entry>): Iterable<Extraction> {
  return {
    *[Symbol.iterator]() {
      for (const entry of entries) yield { entry, target: entry.path };
    },
  };
}

/** In the order of the archive's paths, each once, as often as one likes: neighbours are fetched together. */
function selectEntries(archive: Archive, { directory = "", paths }: ExtractOptions): Iterable<Entry> {
  const below = normalizePath(directory);
  if (!archive.isDirectory(below)) throw notFound(directory, archive.isFile(below), "directory");
  if (paths === undefined) return { [Symbol.iterator]: () => archive.entries(below) };
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
  archive: Archive,
  writer: FileWriter,
  selected: Iterable<Extraction>,
  { overwrite = false, signal }: ExtractOptions,
): Promise<{ readonly wanted: Iterable<Extraction>; readonly skipped: readonly string[] }> {
  const left = new Set<number>();
  const skipped: string[] = [];
  let count = 0;
  for (const extraction of selected) {
    const number = count++;
    if (count % filesPerTurn === 0) await takeTurn(signal);
    const taken = writer.isTaken(extraction.target);
    if (!taken || overwrite) continue;
    left.add(number);
    skipped.push(extraction.entry.path);
    // Nobody will go on with it.
    if (archive.chunks(extraction.entry.path) !== undefined) writer.forgetPartials(extraction.target);
  }
  return { wanted: left.size === 0 ? selected : without(selected, left), skipped };
}

/** All but those with these numbers. */
function without(files: Iterable<Extraction>, left: ReadonlySet<number>): Iterable<Extraction> {
  return {
    *[Symbol.iterator]() {
      let number = 0;
      for (const file of files) if (!left.has(number++)) yield file;
    },
  };
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
