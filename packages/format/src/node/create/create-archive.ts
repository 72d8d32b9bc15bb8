import { availableParallelism } from "node:os";
import { relative, sep } from "node:path";
import { badOption, checkMethods } from "../../option-values.js";
import type { ZstdEncoder } from "../../zstd/codec.js";
import type { ArchiveInput } from "./archive-file.js";
import type { DataSink } from "../files/data-sink.js";
import type { CompressStage } from "./compress-batch.js";
import type { CreatedArchive, CreateOptions } from "./create-options.js";
import { checkCreateOptions, defaultMaxFiles } from "./create-options.js";
import { listDirectory } from "./list-directory.js";
import type { ListFilesOptions } from "./list-files.js";
import type { Listing } from "./listing.js";
import { defaultSkipCompression } from "./skip-compression.js";
import { compressWorker, createWorkerStage } from "./worker-stage.js";
import { isSmall } from "../walk/read-small-file.js";
import { defaultLevel, loadZstdEncoder, proveEncoder } from "../zstd/zstd-encoders.js";
import { defaultDataName, defaultIndexName } from "../../media-types.js";
import { realPath } from "../files/real-path.js";
import { writeArchiveFiles } from "../local/archive-files.js";

/**
 * Makes an archive of the regular files below a directory, or of files that are given, in any order: bytes, streams and
 * files on disk. The data goes to the sink as it is made, the index is returned. Equal files give equal bytes, wherever
 * they come from. Errors of the sink, and of what is iterated, are passed on as they are.
 *
 * Memory does not depend on the size of files or of the archive, only on the number of files. A large directory begins to
 * be written before all of it is listed: what the sink writes must not lie in it. Nothing outside of it is read, whatever
 * becomes of the names in it meanwhile: where a link or another directory takes the place of one, that is `FileChanged`.
 * Only where directories have no handles that files can be named by, as on macOS and Windows, somebody who replaces one
 * and puts it back at the right moments is not noticed.
 *
 * Files that are given are written when all are known, because an archive is in the order of its paths. Bytes in an array
 * are left where they are, and must not be written to meanwhile; what an iterator gives is copied, up to 64 MiB in memory
 * and the rest into a temporary file. A stream is read once, before the next file is asked for.
 *
 * `InvalidArgument` for options that make no sense, a path that is given twice or is both a file and a directory, content
 * that is none, and a time that 64 bits of nanoseconds cannot hold; `InvalidPath` for a path that no archive can have;
 * `Compression`, `FileChanged`, `FileSystem`, `TooManyFiles`, `Unsupported`, `WorkerFailed`.
 *
 * @example
 * ```ts
 * const files = [
 *   { path: "index.html", content: Buffer.from("<h1>Hello</h1>") },
 *   { path: "video.mp4", content: createReadStream("/media/video.mp4") },
 *   { path: "LICENSE", content: { file: "./LICENSE" } },
 * ];
 * const { index, data } = await createArchive(files, { write: (chunk) => upload(chunk) });
 * ```
 */
export async function createArchive(
  input: ArchiveInput,
  sink: DataSink,
  options: CreateOptions = {},
): Promise<CreatedArchive> {
  checkSink(sink);
  const prepared = await prepareArchive(input, options);
  try {
    return await prepared.write(sink);
  } finally {
    await prepared.dispose();
  }
}

function checkSink(sink: unknown): void {
  if (sink === undefined) throw badOption("sink", "an object with write", sink);
  checkMethods("sink", sink, ["write"]);
}

/** An archive that was made as two files. */
export interface CreatedArchiveFiles extends CreatedArchive {
  /** The file with the index. */
  readonly indexPath: string;
  /** The file with the data. */
  readonly dataPath: string;
}

/**
 * Makes an archive as {@link createArchive} does, as `index.blob` and `data.blob` in a directory, which is made when it
 * does not exist. Files of these names are replaced at the end, both or none: after any failure, an abort or a kill there
 * is nothing half-written under the final names. When the output lies in the directory that is archived, it is left out.
 * `Compression`, `FileChanged`, `FileSystem`, `InvalidArgument`, `InvalidPath`, `TooManyFiles`, `Unsupported`,
 * `WorkerFailed`.
 *
 * @example
 * ```ts
 * const { files, skipped } = await createArchiveFiles("./public", "./archive");
 * ```
 */
export async function createArchiveFiles(
  input: ArchiveInput,
  outDirectory: string,
  options: CreateOptions = {},
): Promise<CreatedArchiveFiles> {
  const outputs = typeof input === "string" ? outputsWithin(input, outDirectory) : new Set<string>();
  const prepared = await prepareArchive(input, options, outputs);
  try {
    return await writeArchiveFiles(outDirectory, (sink) => prepared.write(sink));
  } finally {
    await prepared.dispose();
  }
}

/** The archive paths of the files that are about to be written, when they lie in the directory itself. */
function outputsWithin(directory: string, outDirectory: string): ReadonlySet<string> {
  const within = relative(realPath(directory), realPath(outDirectory));
  const steps = within.split(sep);
  if (steps[0] === "..") return new Set();
  const prefix = within === "" ? "" : `${steps.join("/")}/`;
  return new Set([prefix + defaultIndexName, prefix + defaultDataName]);
}

/** Files that are known, or being listed, and not written yet. */
export interface PreparedArchive {
  /** Reads everything, once. */
  write(sink: DataSink): Promise<CreatedArchive>;
  /** Ends the listing, and frees the threads. */
  dispose(): Promise<void>;
}

/**
 * The first half of {@link createArchive}: lists the files, or, when there are so many that threads are started for
 * them, only the first ones. `outputs` are archive paths that are about to be written.
 */
export async function prepareArchive(
  input: ArchiveInput,
  options: CreateOptions,
  outputs: ReadonlySet<string> = new Set(),
): Promise<PreparedArchive> {
  checkCreateOptions(options, typeof input === "string");
  const { signal, onProgress, compression = "zstd", maxFiles = defaultMaxFiles } = options;
  const { skipCompression = defaultSkipCompression, temporaryDirectory } = options;
  signal?.throwIfAborted();
  const encoder = compression === "none" ? undefined : await encoderOf(options);
  const team = createTeam(encoder, options);
  let isWriting = false;
  const common = {
    signal,
    maxFiles,
    anyTime: options.reproducible !== undefined,
    shouldCompress: (path: string, size: number): boolean =>
      encoder !== undefined && !skipCompression.some((skips) => skips(path, size)),
    onFound(files: number, size: number, share: number): void {
      // Threads start on another core while this one is still listing.
      team.expect(files / share, size / share);
      if (isWriting) return;
      onProgress?.({ stage: "enumerating", filesDone: files, bytesDone: size, filesTotal: 0, bytesTotal: 0 });
    },
  };
  const listing = await list(input, options, outputs, { ...common, temporaryDirectory });
  // While threads start.
  const loading = import("./archive-writer.js");
  const dispose = async (): Promise<void> => {
    listing.stop();
    await team.dispose();
    // Threads read below it until they end.
    await listing.close();
  };
  try {
    const end = listing.end();
    // What is written below the directory must not be found there.
    await (outputs.size > 0 ? end : Promise.race([end, team.isStarted]));
    if (listing.result !== undefined) team.expect(listing.files.paths.length, listing.result.size);
  } catch (cause) {
    await dispose();
    throw cause;
  }
  return {
    async write(sink) {
      isWriting = true;
      const { writeArchive } = await loading;
      return writeArchive(listing, team.workers, encoder, sink, options);
    },
    dispose,
  };
}

async function list(
  input: ArchiveInput,
  { symlinks, include, exclude, ignoreFiles }: CreateOptions,
  outputs: ReadonlySet<string>,
  common: ListFilesOptions,
): Promise<Listing> {
  if (typeof input === "string") {
    return listDirectory(input, { ...common, symlinks, include, exclude, ignoreFiles, outputs });
  }
  const given: unknown = input;
  if (
    typeof given !== "object" ||
    given === null ||
    !(Symbol.iterator in given || Symbol.asyncIterator in given)
  ) {
    throw badOption("input", "the path of a directory, or an iterable of files", input);
  }
  // Only now: whoever archives directories does without.
  const { listFiles } = await import("./list-files.js");
  return listFiles(input, common);
}

function encoderOf({ zstd }: CreateOptions): Promise<ZstdEncoder> {
  return zstd === undefined ? loadZstdEncoder() : proveEncoder(zstd);
}

/** The workers, once it is known that the job is large enough; without them, this thread compresses. */
interface Team {
  expect(files: number, size: number): void;
  /** Resolves when workers were started; otherwise never. */
  readonly isStarted: Promise<void>;
  readonly workers: CompressStage | undefined;
  dispose(): Promise<void>;
}

function createTeam(encoder: ZstdEncoder | undefined, options: CreateOptions): Team {
  const { level = defaultLevel, changeDetection = "none" } = options;
  // A codec of the caller's lives on the caller's thread.
  const worker = options.zstd === undefined ? compressWorker : undefined;
  let stage: CompressStage | undefined;
  let started: () => void;
  const isStarted = new Promise<void>((resolve) => (started = resolve));
  return {
    isStarted,
    expect(files, size) {
      if (stage !== undefined || worker === undefined || options.workers === 0) return;
      const workers = options.workers ?? workersFor(files, size, encoder);
      if (workers === 0) return;
      stage = createWorkerStage(workers, { level, changeDetection, encoder: encoder?.name }, worker);
      started();
    },
    get workers() {
      return stage;
    },
    dispose: async () => stage?.close(),
  };
}

/** Below this much work on one thread, starting workers takes longer than they save. */
const minParallelMs = 300;

/**
 * The same without compression: what threads take over is half of the work then. 20,000 files of 4 KB take as long with
 * two of them as without, a quarter more processor time, and 30 MB.
 */
const minParallelHashMs = 700;

/** As many keep this thread busy, which hashes and writes what they made. Each takes about 50 MB. */
const maxAutomaticWorkers = 4;

/** How many workers so much work is worth. */
function workersFor(files: number, bytes: number, encoder: ZstdEncoder | undefined): number {
  const cores = availableParallelism();
  if (cores === 1) return 0;
  if (encoder === undefined && !isSmall(bytes / files)) {
    // One hashes files and their chunks, while this thread reads them and hashes the data.
    return bytes * hashMilliseconds > minSavedMs ? 1 : 0;
  }
  const least = encoder === undefined ? minParallelHashMs : minParallelMs;
  const isWorth = estimateMilliseconds(files, bytes, encoder) > least;
  return isWorth ? Math.min(cores, maxAutomaticWorkers) : 0;
}

/** What a worker has to save at least: so long it takes to start. */
const minSavedMs = 60;

/** For a byte. */
const hashMilliseconds = 0.6 / 1e6;

/** Rough costs on one thread, measured: a file 15 µs, hashing 0.6 ms/MB, compressing 4 ms/MB. */
function estimateMilliseconds(files: number, bytes: number, encoder: ZstdEncoder | undefined): number {
  return files * 0.015 + bytes * (hashMilliseconds + (encoder === undefined ? 0 : 4 / 1e6));
}
