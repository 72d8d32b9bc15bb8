import { availableParallelism } from "node:os";
import { nextTurn } from "@blob/core/concurrency";

import type { Archive } from "../../archive.js";
import type { ByteRange } from "../../sources/byte-source.js";
import { streamContent } from "../../reading/content-reader.js";
import type { CutFile } from "../../reading/stored-chunks.js";
import { FormatError } from "../../errors.js";
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
import { createRangeBuffers } from "./range-buffers.js";
import { smallReads } from "./small-files.js";
import { surveyFiles } from "./survey-files.js";
import type { SurveyedFiles } from "./survey-files.js";
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

/** Of one request: more of them take more memory than their bytes, and longer to make than others should wait. */
const maxRangeFiles = 8192;

/** Takes contents from a store, fetches the rest, verifies and writes; what was left alone is returned as skipped. */
export async function extractFiles(
  archive: Archive,
  writer: FileWriter,
  wanted: Iterable<Extraction>,
  options: ExtractFilesOptions,
): Promise<WrittenFiles> {
  const { contents, contentsBy: by = "copy", signal } = options;
  const { concurrency = defaultConcurrency, readAheadBytes = defaultReadAheadBytes } = options;
  const maxRangeBytes = Math.min(
    options.maxRangeBytes ?? defaultMaxRangeBytes,
    Math.ceil(readAheadBytes / concurrency),
  );
  const sizes = { maxWholeBytes, maxRangeBytes, signal };
  const files = await surveyFiles(wanted, sizes);
  const report = createExtractReport(files, options.onProgress, maxWholeBytes);
  if (contents === undefined) {
    const how = { ...options, concurrency, readAheadBytes, maxRangeBytes, report };
    await fetchFiles(archive, writer, files, how);
    return report.result();
  }
  const stored = { by, concurrency, maxWholeBytes, signal };
  const missing = await extractStored(contents, writer, [...wanted], report, stored);
  const keeper = createContentKeeper(contents, writer, signal);
  try {
    const keeping = keepFinished(report, missing, keeper);
    const how = { ...options, concurrency, readAheadBytes, maxRangeBytes, report: keeping };
    await fetchFiles(archive, writer, await surveyFiles(missing, sizes), how);
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
  files: SurveyedFiles,
  options: FetchOptions,
): Promise<void> {
  const { concurrency, maxRangeBytes, report } = options;
  const { small, large } = files;
  const stage = startStage(files, writer, options);
  try {
    const decoder = options.zstd ?? (await loadZstdDecoder());
    const source = { data: archive.data, zstd: decoder, sha256: nodeSha256, limits: resolveLimits() };
    await nextTurn();
    const buffers = createRangeBuffers();
    const reads = smallReads(small, { maxGapBytes, maxRangeBytes, maxFiles: maxRangeFiles });
    await forEachConcurrent(reads, concurrency, options.signal, async (read, signal) => {
      const bytes = await readWhole(archive, read, buffers.take(read.length), signal);
      if (stage === undefined) {
        await writeRange(writer, decoder, read, bytes, read.files, signal, report);
        buffers.giveBack(bytes);
        return;
      }
      await stage.write(read, bytes, read.files, signal, (entry, written) => {
        report.bytes(entry.size, entry);
        report.finished(entry, written);
      });
      buffers.giveBack(bytes);
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
  { milliseconds }: SurveyedFiles,
  writer: FileWriter,
  { zstd, workers }: ExtractFilesOptions,
): ExtractStage | undefined {
  // What is fetched, compiled and collected meanwhile keeps a core busy: a worker for that one made all of them slower.
  const free = Math.min(availableParallelism() - 1, maxAutomaticWorkers);
  const automatic = milliseconds > minParallelMs ? free : 0;
  const count = workers ?? automatic;
  // A codec of the caller's lives on the caller's thread.
  const isPossible = zstd === undefined && writer.canReserve && canExtractInWorkers();
  return count > 0 && isPossible ? createExtractStage(count, writer) : undefined;
}

/** The planned range, exactly. */
async function readWhole(
  archive: Archive,
  { offset, length }: ByteRange,
  bytes: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
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
  files: Iterable<Extraction>,
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
