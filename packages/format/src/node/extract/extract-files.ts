import { availableParallelism } from "node:os";
import { nextTurn } from "@blob/core/concurrency";

import type { Archive } from "../../archive.js";
import type { ByteRange } from "../../sources/byte-source.js";
import type { Entry } from "../../entry.js";
import { streamContent } from "../../reading/content-reader.js";
import type { CutFile } from "../../reading/stored-chunks.js";
import { FormatError } from "../../errors.js";
import { filesPerStep } from "../../index-codec/steps.js";
import { planReads } from "../../reading/read-plan.js";
import { resolveLimits } from "../../reading/read-limits.js";
import { turnBytes } from "../../zstd/turns.js";
import type { ZstdDecoder } from "../../zstd/codec.js";
import { decodeWholeInTurns } from "../read/decode-whole.js";
import { createChunkStage } from "../chunks/chunk-stage.js";
import type { ChunkStage } from "../chunks/chunk-stage.js";
import { extractChunked } from "./extract-chunked.js";
import type { FileWriter } from "./file-writer.js";
import { canExtractInWorkers, createExtractStage } from "./extract-stage.js";
import type { ExtractStage } from "./extract-stage.js";
import { createExtractReport } from "./extract-report.js";
import type { ExtractReport, WrittenFiles } from "./extract-report.js";
import { extractStored } from "./extract-stored.js";
import type { Extraction, ExtractOptions } from "./extract-options.js";
import type { FindLocalChunks } from "./local-chunks.js";
import { forEachConcurrent } from "@blob/core/concurrency";
import { createContentKeeper } from "./keep-contents.js";
import type { ContentKeeper } from "./keep-contents.js";
import { nodeSha256 } from "../read/node-sha256.js";
import { loadZstdDecoder } from "../zstd/zstd-decoder.js";
import { writeLarge, writeSmall } from "./write-content.js";

/** How files are fetched and written: what `extractArchive` documents. */
export type ExtractFilesOptions = Pick<
  ExtractOptions,
  | "signal"
  | "concurrency"
  | "readAheadBytes"
  | "maxRangeBytes"
  | "zstd"
  | "workers"
  | "onProgress"
  | "contents"
  | "contentsBy"
> & {
  /** What of large files need not be fetched. */
  readonly localChunks?: FindLocalChunks | undefined;
};

const defaultConcurrency = 4;
const defaultReadAheadBytes = 32 * 1024 * 1024;
const defaultMaxRangeBytes = 8 * 1024 * 1024;

/** A hole of this size between two wanted files is cheaper to fetch than another request. */
const maxGapBytes = 64 * 1024;

/** Larger files are streamed to disk: an archive must not say how much memory is used. */
const maxWholeBytes = 4 * 1024 * 1024;

/** Small files are written with sync calls; other work of the process gets a turn after 64 of them: about 2 ms. */
const bytesPerFile = turnBytes / 64;

/** One is written while another one is decompressed. More are not faster, and take some 25 MB each. */
const maxLargeFiles = 2;

/** Takes contents from a store, fetches the rest, verifies and writes; what was left alone is returned as skipped. */
export async function extractFiles(
  archive: Archive,
  writer: FileWriter,
  wanted: readonly Extraction[],
  options: ExtractFilesOptions,
): Promise<WrittenFiles> {
  const { contents, contentsBy: by = "copy", signal } = options;
  const { concurrency = defaultConcurrency, readAheadBytes = defaultReadAheadBytes } = options;
  const maxRangeBytes = Math.min(
    options.maxRangeBytes ?? defaultMaxRangeBytes,
    Math.ceil(readAheadBytes / concurrency),
  );
  const report = createExtractReport(wanted, options.onProgress, maxWholeBytes);
  if (contents === undefined) {
    await fetchFiles(archive, writer, wanted, {
      ...options,
      concurrency,
      readAheadBytes,
      maxRangeBytes,
      report,
    });
    return report.result();
  }
  const stored = { by, concurrency, maxWholeBytes, signal };
  const missing = await extractStored(contents, writer, wanted, report, stored);
  const keeper = createContentKeeper(contents, writer, signal);
  try {
    const keeping = keepFinished(report, missing, keeper);
    const how = { ...options, concurrency, readAheadBytes, maxRangeBytes, report: keeping };
    await fetchFiles(archive, writer, missing, how);
    await keeper.finish();
    signal?.throwIfAborted();
  } finally {
    await keeper.stop();
  }
  return report.result();
}

/** The same report; what it is told to be written is also kept. */
function keepFinished(
  report: ExtractReport,
  files: readonly Extraction[],
  keeper: ContentKeeper,
): ExtractReport {
  const byPath = new Map(files.map((file) => [file.entry.path, file]));
  return {
    ...report,
    finished(entry, written) {
      const file = byPath.get(entry.path);
      if (written && file !== undefined) keeper.add(file);
      report.finished(entry, written);
    },
  };
}

interface FetchOptions extends ExtractFilesOptions {
  readonly concurrency: number;
  readonly readAheadBytes: number;
  readonly maxRangeBytes: number;
  readonly report: ExtractReport;
}

async function fetchFiles(
  archive: Archive,
  writer: FileWriter,
  wanted: readonly Extraction[],
  options: FetchOptions,
): Promise<void> {
  const { concurrency, maxRangeBytes, report } = options;
  // Others get a turn between these, each of which looks at all files.
  const targets = await renamedFiles(wanted);
  const stage = startStage(wanted, writer, options);
  try {
    const decoder = options.zstd ?? (await loadZstdDecoder());
    const source = { data: archive.data, zstd: decoder, sha256: nodeSha256, limits: resolveLimits() };
    await nextTurn();
    const { small, large } = sortBySize(wanted, maxRangeBytes);
    await nextTurn();
    const reads = planReads(small, { maxGapBytes, maxRangeBytes });
    await nextTurn();
    await forEachConcurrent(reads, concurrency, options.signal, async (read, signal) => {
      const files = read.entries.map((entry) => ({ entry, target: targets.get(entry.path) ?? entry.path }));
      const bytes = await readWhole(archive, read, signal);
      if (stage === undefined) {
        await writeRange(writer, decoder, read, bytes, files, signal, report);
        return;
      }
      await stage.write(read, bytes, files, signal, (entry, written) => {
        report.bytes(entry.size, entry);
        report.finished(entry, written);
      });
    });
    // Large files need the memory.
    await stage?.close();
    const chunked = cutFiles(archive, large);
    const chunkStage = startChunkStage(chunked, options);
    try {
      const width = Math.min(concurrency, maxLargeFiles);
      await forEachConcurrent(large, width, options.signal, async (file, signal) => {
        const { entry, target } = file;
        const onBytes = (count: number): void => report.bytes(count, entry);
        const cut = chunked.get(entry.path);
        if (cut === undefined) {
          const content = streamContent(source, entry, { range: undefined, signal });
          report.finished(entry, await writeLarge(writer, file, content, onBytes));
          return;
        }
        const { readAheadBytes: maxBytes, localChunks } = options;
        const how = { data: archive.data, writer, stage: chunkStage, maxBytes, localChunks, onBytes };
        report.finished(entry, await extractChunked(how, cut, target, signal));
      });
    } finally {
      await chunkStage.close();
    }
  } finally {
    await stage?.close();
  }
}

/** Where files go whose names are not their paths. */
async function renamedFiles(wanted: readonly Extraction[]): Promise<ReadonlyMap<string, string>> {
  const targets = new Map<string, string>();
  for (const { entry, target } of wanted) {
    if (entry.path === target) continue;
    targets.set(entry.path, target);
    if (targets.size % filesPerStep === 0) await nextTurn();
  }
  return targets;
}

/** The large files of which the index says how they are cut. */
function cutFiles(archive: Archive, large: readonly Extraction[]): ReadonlyMap<string, CutFile> {
  const files = new Map<string, CutFile>();
  for (const { entry } of large) {
    const chunks = entry.compression === "unknown" ? undefined : archive.chunks(entry.path);
    if (chunks !== undefined) files.set(entry.path, { entry, chunks });
  }
  return files;
}

function startChunkStage(
  files: ReadonlyMap<string, CutFile>,
  { zstd, workers }: ExtractFilesOptions,
): ChunkStage {
  const bytes = Array.from(files.values()).reduce((sum, { entry }) => sum + entry.size, 0);
  return createChunkStage({ workers: files.size === 0 ? 0 : workers, bytes, zstd });
}

/** Below this much work on one thread, starting workers takes longer than they save. */
const minParallelMs = 300;

/** This thread only fetches, and decides what goes where. Each takes some 30 MB, and compiles what it runs for itself. */
const maxAutomaticWorkers = 3;

/** Workers, when they are wanted or worth it, and possible. */
function startStage(
  wanted: readonly Extraction[],
  writer: FileWriter,
  { zstd, workers }: ExtractFilesOptions,
): ExtractStage | undefined {
  // What is fetched, compiled and collected meanwhile keeps a core busy: a worker for that one made all of them slower.
  const free = Math.min(availableParallelism() - 1, maxAutomaticWorkers);
  const automatic = estimateMilliseconds(wanted) > minParallelMs ? free : 0;
  const count = workers ?? automatic;
  // A codec of the caller's lives on the caller's thread.
  const isPossible = zstd === undefined && writer.canReserve && canExtractInWorkers();
  return count > 0 && isPossible ? createExtractStage(count, writer) : undefined;
}

/** Rough costs of small files on one thread, measured: 45 µs a file, 2 ms a compressed megabyte, 0.6 ms another. */
function estimateMilliseconds(wanted: readonly Extraction[]): number {
  return wanted.reduce((sum, { entry: { size, compression } }) => {
    if (size > maxWholeBytes) return sum;
    return sum + 0.045 + (size / 1e6) * (compression === "zstd" ? 2 : 0.6);
  }, 0);
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

/** The planned range, exactly. */
async function readWhole(
  archive: Archive,
  { offset, length }: ByteRange,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
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

/** Writes the files of a range on this thread. */
async function writeRange(
  writer: FileWriter,
  decoder: ZstdDecoder,
  range: ByteRange,
  bytes: Uint8Array,
  files: readonly Extraction[],
  signal: AbortSignal,
  report: ExtractReport,
): Promise<void> {
  let untilTurn = turnBytes;
  for (const file of files) {
    if (untilTurn <= 0) {
      untilTurn = turnBytes;
      await nextTurn();
      signal.throwIfAborted();
    }
    untilTurn -= Math.max(bytesPerFile, file.entry.size);
    const { path, size, hash, compression, dataOffset, storedSize } = file.entry;
    const from = dataOffset - range.offset;
    const promised = {
      path,
      size,
      hash: Buffer.from(hash).toString("hex"),
      isCompressed: compression === "zstd",
    };
    const stored = bytes.subarray(from, from + storedSize);
    const content = await decodeWholeInTurns(promised, stored, decoder, signal);
    const written = writeSmall(writer, file, content);
    report.bytes(content.length, file.entry);
    report.finished(file.entry, written);
  }
}
