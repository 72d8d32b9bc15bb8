import { availableParallelism } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";

import type { Archive } from "../archive.js";
import type { ByteRange } from "../byte-source.js";
import type { Entry } from "../entry.js";
import { streamContent } from "../content-reader.js";
import type { ContentSource } from "../content-reader.js";
import { FormatError } from "../errors.js";
import { planReads } from "../read-plan.js";
import { resolveLimits } from "../read-limits.js";
import type { ZstdDecoder } from "../zstd/codec.js";
import { decodeWhole } from "./decode-whole.js";
import type { FileWriter } from "./destination-file.js";
import { canExtractInWorkers, createExtractStage } from "./extract-stage.js";
import type { ExtractStage } from "./extract-stage.js";
import type { Extraction, ExtractOptions, ExtractResult } from "./extract.js";
import { forEachConcurrent } from "./for-each-concurrent.js";
import { nodeSha256 } from "./node-sha256.js";
import { loadZstdDecoder } from "./node-zstd.js";

/** How files are fetched and written: what `extractArchive` documents. */
export type ExtractFilesOptions = Pick<
  ExtractOptions,
  | "signal"
  | "concurrency"
  | "readAheadBytes"
  | "maxRangeBytes"
  | "decoder"
  | "workers"
  | "contents"
  | "contentsBy"
  | "onProgress"
>;

const defaultConcurrency = 4;
const defaultReadAheadBytes = 32 * 1024 * 1024;
const defaultMaxRangeBytes = 8 * 1024 * 1024;

/** A hole of this size between two wanted files is cheaper to fetch than another request. */
const maxGapBytes = 64 * 1024;

/** Larger files are streamed to disk: an archive must not say how much memory is used. */
const maxWholeBytes = 4 * 1024 * 1024;

/** Small files are written with sync calls; other work of the process gets a turn after this many: about 2 ms. */
const filesPerTurn = 64;

/** Contents that are given to a store at once, so that memory is bounded. */
const keptAtATime = 16;

/** Large files are written in pieces of this size: smaller ones cost more calls than they save memory. */
const writeBytes = 1024 * 1024;

/** One is written while another one is decompressed. More are not faster, and take some 25 MB each. */
const maxLargeFiles = 2;

/** Fetches, verifies and writes files; what was left alone is returned as skipped. */
export async function extractFiles(
  archive: Archive,
  writer: FileWriter,
  wanted: readonly Extraction[],
  options: ExtractFilesOptions,
): Promise<ExtractResult> {
  const concurrency = positive("concurrency", options.concurrency ?? defaultConcurrency);
  const readAheadBytes = positive("readAheadBytes", options.readAheadBytes ?? defaultReadAheadBytes);
  const maxRangeBytes = Math.min(
    positive("maxRangeBytes", options.maxRangeBytes ?? defaultMaxRangeBytes),
    Math.ceil(readAheadBytes / concurrency),
  );
  const report = createReport(wanted, options.onProgress);
  const missing = await writeKnown(writer, wanted, options, report);
  const targets = new Map(missing.map(({ entry, target }) => [entry.path, target]));
  const stage = startStage(missing, writer, options);
  try {
    const decoder = options.decoder ?? (await loadZstdDecoder());
    const source = { data: archive.data, zstd: decoder, sha256: nodeSha256, limits: resolveLimits() };
    const { small, large } = sortBySize(missing, maxRangeBytes);
    const reads = planReads(small, { maxGapBytes, maxRangeBytes });
    await forEachConcurrent(reads, concurrency, options.signal, async (read, signal) => {
      const files = read.entries.map((entry) => ({ entry, target: targets.get(entry.path) ?? entry.path }));
      if (stage === undefined) {
        const bytes = await readWhole(archive, read, new Uint8Array(read.length), signal);
        await writeRange({ writer, decoder, contents: options.contents, report }, read, bytes, files, signal);
        return;
      }
      const shared = new Uint8Array(new SharedArrayBuffer(read.length));
      const bytes = await readWhole(archive, read, shared, signal);
      await stage.write(read, bytes, files, signal, (entry, written) => {
        report.bytes(entry.size, entry);
        report.finished(entry, written);
      });
    });
    // Large files need the memory.
    await stage?.close();
    const width = Math.min(concurrency, maxLargeFiles);
    await forEachConcurrent(large, width, options.signal, (extraction, signal) =>
      writeLarge(source, writer, extraction, signal, report),
    );
  } finally {
    await stage?.close();
  }
  return report.result();
}

/** Those that `contents` has; the others are returned. */
async function writeKnown(
  writer: FileWriter,
  wanted: readonly Extraction[],
  { contents, contentsBy = "copy", signal }: ExtractFilesOptions,
  report: Report,
): Promise<readonly Extraction[]> {
  if (contents === undefined) return wanted;
  const { writeKnownContents } = await import("./known-contents.js");
  const onFile = (entry: Entry, written: boolean): void => {
    report.bytes(entry.size, entry);
    report.finished(entry, written);
  };
  return writeKnownContents(writer, wanted, { contents, by: contentsBy, signal, onFile });
}

/** Below this much work on one thread, starting workers takes longer than they save. */
const minParallelMs = 300;

/** Beside this thread, which gives files their names and cannot keep more of them busy. Each takes about 40 MB. */
const maxAutomaticWorkers = 2;

const maxWorkers = 64;

/** Workers, when they are wanted or worth it, and possible. */
function startStage(
  wanted: readonly Extraction[],
  writer: FileWriter,
  { decoder, workers, contents }: ExtractFilesOptions,
): ExtractStage | undefined {
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 0 && workers <= maxWorkers)) {
    throw new FormatError(
      "InvalidArgument",
      `workers must be an integer from 0 to ${maxWorkers}, not ${workers}`,
    );
  }

  const free = Math.min(availableParallelism() - 1, maxAutomaticWorkers);
  const automatic = estimateMilliseconds(wanted) > minParallelMs ? free : 0;
  const count = workers ?? automatic;
  // A codec of the caller's lives on the caller's thread.
  const isPossible =
    decoder === undefined && contents === undefined && writer.canReserve && canExtractInWorkers();
  return count > 0 && isPossible ? createExtractStage(count, writer) : undefined;
}

/** Rough costs of small files on one thread, measured: 45 µs a file, 2 ms a compressed megabyte, 0.6 ms another. */
function estimateMilliseconds(wanted: readonly Extraction[]): number {
  return wanted.reduce((sum, { entry: { size, compression } }) => {
    if (size > maxWholeBytes) return sum;
    return sum + 0.045 + (size / 1e6) * (compression === "zstd" ? 2 : 0.6);
  }, 0);
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new FormatError("InvalidArgument", `${name} must be a positive integer, not ${value}`);
}

interface BySize {
  readonly small: readonly Entry[];
  readonly large: readonly Extraction[];
}

function sortBySize(wanted: readonly Extraction[], maxRangeBytes: number): BySize {
  const small: Entry[] = [];
  const large: Extraction[] = [];
  for (const extraction of wanted) {
    const { size, storedSize } = extraction.entry;
    if (size > maxWholeBytes || storedSize > maxRangeBytes) large.push(extraction);
    else small.push(extraction.entry);
  }
  return { small, large };
}

/** Fills `bytes` with the planned range, exactly. */
async function readWhole<T extends Uint8Array>(
  archive: Archive,
  { offset, length }: ByteRange,
  bytes: T,
  signal: AbortSignal,
): Promise<T> {
  let filled = 0;
  if (length === 0) return bytes;
  for await (const chunk of archive.data.read({ offset, length }, { signal })) {
    if (filled + chunk.length > length) throw sourceMismatch({ offset, length }, "more");
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled < length) throw sourceMismatch({ offset, length }, "less");
  return bytes;
}

function sourceMismatch({ offset, length }: ByteRange, what: string): FormatError {
  return new FormatError(
    "SourceMismatch",
    `The data part gave ${what} than the ${length} bytes from ${offset} on that were asked for`,
  );
}

/** What small files are written with. */
interface SmallFiles {
  readonly writer: FileWriter;
  readonly decoder: ZstdDecoder;
  readonly contents: ExtractFilesOptions["contents"];
  readonly report: Report;
}

/** Writes the files of a range on this thread. */
async function writeRange(
  { writer, decoder, contents, report }: SmallFiles,
  range: ByteRange,
  bytes: Uint8Array,
  files: readonly Extraction[],
  signal: AbortSignal,
): Promise<void> {
  const keeping: Promise<void>[] = [];
  let untilTurn = filesPerTurn;
  try {
    for (const file of files) {
      if (untilTurn-- === 0) {
        untilTurn = filesPerTurn;
        await nextTurn();
        signal.throwIfAborted();
      }
      const { path, size, hash, compression, dataOffset, storedSize } = file.entry;
      const from = dataOffset - range.offset;
      const promised = {
        path,
        size,
        hash: Buffer.from(hash).toString("hex"),
        isCompressed: compression === "zstd",
      };
      const content = decodeWhole(promised, bytes.subarray(from, from + storedSize), decoder);
      writeSmall(writer, file, content, report);
      if (contents === undefined || size === 0) continue;
      keeping.push(contents.put(hash, [content], { signal }));
      if (keeping.length === keptAtATime) await Promise.all(keeping.splice(0));
    }
    await Promise.all(keeping);
  } finally {
    await Promise.allSettled(keeping);
  }
}

function writeSmall(
  writer: FileWriter,
  { entry, target }: Extraction,
  content: Uint8Array,
  report: Report,
): void {
  const file = writer.create(target, entry);
  try {
    file.write(content);
    report.bytes(content.length, entry);
    report.finished(entry, file.commit());
  } finally {
    file.dispose();
  }
}

/** The stream throws instead of ending when the content is wrong: then the file never gets its name. */
async function writeLarge(
  source: ContentSource,
  writer: FileWriter,
  { entry, target }: Extraction,
  signal: AbortSignal,
  report: Report,
): Promise<void> {
  const file = writer.create(target, entry);
  // What was decompressed is written on another thread while this one goes on: one write at a time.
  let writing = Promise.resolve();
  let gathered: Uint8Array[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    await writing;
    writing = file.writeLater(gathered);
    // A failure is thrown by the next flush, or at the end: until then it is not an unhandled one.
    writing.catch(() => undefined);
    report.bytes(size, entry);
    gathered = [];
    size = 0;
  };
  try {
    for await (const chunk of streamContent(source, entry, { range: undefined, signal })) {
      gathered.push(chunk);
      size += chunk.length;
      if (size >= writeBytes) await flush();
    }
    await flush();
    await writing;
    report.finished(entry, file.commit());
  } finally {
    // The handle must not be closed, and given to another file, under a write.
    await writing.catch(() => undefined);
    file.dispose();
  }
}

interface Report {
  bytes(count: number, entry: Entry): void;
  finished(entry: Entry, written: boolean): void;
  result(): ExtractResult;
}

function createReport(wanted: readonly Extraction[], onProgress: ExtractFilesOptions["onProgress"]): Report {
  const bytesTotal = wanted.reduce((sum, { entry }) => sum + entry.size, 0);
  const skipped: string[] = [];
  let bytesDone = 0;
  let filesDone = 0;
  let size = 0;
  const tell = (path: string): void =>
    onProgress?.({ stage: "extracting", path, bytesDone, bytesTotal, filesDone, filesTotal: wanted.length });
  return {
    bytes(count, entry) {
      bytesDone += count;
      if (entry.size > maxWholeBytes) tell(entry.path);
    },
    finished(entry, written) {
      filesDone++;
      if (written) size += entry.size;
      else skipped.push(entry.path);
      tell(entry.path);
    },
    result: () => ({ files: filesDone - skipped.length, size, skipped }),
  };
}
