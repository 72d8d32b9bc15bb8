import { availableParallelism } from "node:os";

import type { SignalOptions } from "../../byte-source.js";
import type { Compression } from "../../entry.js";
import { FormatError } from "../../errors.js";
import type { ZstdEncoder } from "../../zstd/codec.js";
import type { DataSink, FinishedArchive } from "./data-sink.js";
import type { CompressStage } from "./compress-stage.js";
import type { DroppedModeBits } from "../walk/found-files.js";
import type { FilterOptions } from "../walk/path-filter.js";
import type { CreateProgress } from "./progress.js";
import type { ChangeDetection } from "../walk/read-small-file.js";
import type { SkipCompression } from "./skip-compression.js";
import { beginWalk } from "../walk/walk.js";
import { compressWorker, createWorkerStage } from "./worker-stage.js";
import type { SkippedFile, WalkOptions } from "../walk/walk.js";
import { defaultLevel, loadZstdEncoder, proveEncoder } from "../zstd/zstd-encoders.js";

/** Reproducible archives: equal trees give equal bytes, whenever and by whomever they were checked out. */
export interface ReproducibleOptions {
  /** The time that every file gets, in whole seconds since the epoch: `SOURCE_DATE_EPOCH`. */
  readonly sourceDateEpoch: number;
}

export interface CreateOptions extends SignalOptions, FilterOptions {
  /** Default `zstd`. */
  readonly compression?: Compression | undefined;
  /** zstd level, -7 to 19; default 3. */
  readonly level?: number | undefined;
  /**
   * Which files are stored as they are: any that says skip wins. Replaces {@link defaultSkipCompression}. A file that
   * does not get smaller is stored as it is in any case, one above 4 MiB when samples of it do not.
   */
  readonly skipCompression?: readonly SkipCompression[] | undefined;
  /**
   * `strict` makes it an error (`FileChanged`) when a file's size, modification time, mode or identity changes while
   * it is read. Default `none`: the content that was read is stored.
   */
  readonly changeDetection?: ChangeDetection | undefined;
  /** More files are a `TooManyFiles` error. Default 200,000; `Infinity` for no limit. */
  readonly maxFiles?: number | undefined;
  /** `skip` (default; reported), `error`, or `follow`: links that stay inside the directory and do not loop. */
  readonly symlinks?: WalkOptions["symlinks"];
  /** One time and owner (0) for all files; modes stay. */
  readonly reproducible?: ReproducibleOptions | undefined;
  /** Store files with equal content once. Default true. */
  readonly deduplicate?: boolean | undefined;
  /**
   * The codec to compress with. Default: the best one that this runtime has. Either way each frame is decompressed again,
   * and compared, before it is stored: `Compression` when it is not the file's content.
   */
  readonly encoder?: ZstdEncoder | undefined;
  /**
   * Threads to compress with: the archive's bytes are the same for any number. 0 does all on this thread. Default: one
   * for each core, at most 4, when the job is large enough. A given `encoder` is only used on this thread, and a bundle
   * of this package, which has no file that a thread could run, does all on this thread.
   */
  readonly workers?: number | undefined;
  /** Called synchronously; what it throws ends the work. */
  readonly onProgress?: ((progress: CreateProgress) => void) | undefined;
}

export interface CreatedArchive extends FinishedArchive {
  /** What the directory has and the archive has not. */
  readonly skipped: readonly SkippedFile[];
  /** Files that are in the archive without their setuid, setgid or sticky bit: the format has permissions only. */
  readonly modeBitsDropped: readonly DroppedModeBits[];
}

/** The format's default limit of the number of files. */
export const defaultMaxFiles = 200_000;

/**
 * An archive of the regular files below a directory: the data goes to the sink as it is made, the index is returned.
 * Memory does not depend on the size of files or of the archive, only on the number of files. A large job begins to write
 * before it has listed all: what the sink writes must not lie in the directory. Errors of the sink are passed on as they
 * are. Nothing outside of the directory is read, whatever becomes of the names in it meanwhile: where a link or another
 * directory takes the place of one, that is `FileChanged`. Only where directories have no handles that files can be named
 * by, as on macOS and Windows, somebody who replaces one and puts it back at the right moments is not noticed.
 * `Compression`, `FileChanged`, `FileSystem`, `InvalidArgument` (also for a file with a time that 64 bits of nanoseconds
 * cannot hold), `TooManyFiles`, `Unsupported`, `WorkerFailed`.
 */
export async function createArchive(
  directory: string,
  sink: DataSink,
  options: CreateOptions = {},
): Promise<CreatedArchive> {
  const prepared = await prepareArchive(directory, options);
  try {
    return await prepared.write(sink);
  } finally {
    await prepared.dispose();
  }
}

/** A directory whose files are known, or being listed, and not read yet. */
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
  directory: string,
  options: CreateOptions,
  outputs: ReadonlySet<string> = new Set(),
): Promise<PreparedArchive> {
  checkOptions(options);
  const { signal, onProgress, compression = "zstd", maxFiles = defaultMaxFiles } = options;
  const { symlinks, include, exclude, ignoreFiles } = options;
  signal?.throwIfAborted();
  const encoder = compression === "none" ? undefined : await encoderOf(options);
  const team = createTeam(encoder, options);
  let isWriting = false;
  const listing = await beginWalk(directory, {
    signal,
    symlinks,
    include,
    exclude,
    ignoreFiles,
    maxFiles,
    anyTime: options.reproducible !== undefined,
    outputs,
    onFound(files, size, share) {
      // Threads start on another core while this one is still listing.
      team.expect(files / share, size / share);
      if (isWriting) return;
      onProgress?.({ stage: "enumerating", filesDone: files, bytesDone: size, filesTotal: 0, bytesTotal: 0 });
    },
  });
  // While threads start.
  const loading = import("./write-archive.js");
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

function encoderOf({ encoder }: CreateOptions): Promise<ZstdEncoder> {
  return encoder === undefined ? loadZstdEncoder() : proveEncoder(encoder);
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
  const worker = options.encoder === undefined ? compressWorker : undefined;
  const cores = availableParallelism();
  const automatic = cores > 1 ? Math.min(cores, maxAutomaticWorkers) : 0;
  const workers = options.workers ?? automatic;
  let stage: CompressStage | undefined;
  let started: () => void;
  const isStarted = new Promise<void>((resolve) => (started = resolve));
  return {
    isStarted,
    expect(files, size) {
      if (stage !== undefined || worker === undefined || workers === 0) return;
      const needed =
        options.workers !== undefined || estimateMilliseconds(files, size, encoder) > minParallelMs;
      if (!needed) return;
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

/** As many keep this thread busy, which hashes and writes what they made. Each takes about 50 MB. */
const maxAutomaticWorkers = 4;

const maxWorkers = 64;

/** As many fit into 64 bits of nanoseconds. */
const maxSeconds = 9_223_372_036;

/** Rough costs on one thread, measured: a file 15 µs, hashing 0.6 ms/MB, compressing 4 ms/MB. */
function estimateMilliseconds(files: number, bytes: number, encoder: ZstdEncoder | undefined): number {
  return files * 0.015 + (bytes / 1e6) * (encoder === undefined ? 0.6 : 4.6);
}

function checkOptions(options: CreateOptions): void {
  const { level = defaultLevel, maxFiles = defaultMaxFiles, reproducible, workers } = options;
  if (!Number.isInteger(level) || level < -7 || level > 19) {
    throw new FormatError("InvalidArgument", `The zstd level must be an integer from -7 to 19, not ${level}`);
  }
  if (!(maxFiles >= 0)) {
    throw new FormatError("InvalidArgument", `maxFiles must be at least 0, not ${maxFiles}`);
  }
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 0 && workers <= maxWorkers)) {
    throw new FormatError(
      "InvalidArgument",
      `workers must be an integer from 0 to ${maxWorkers}, not ${workers}`,
    );
  }
  if (reproducible !== undefined) {
    const { sourceDateEpoch } = reproducible;
    if (!Number.isSafeInteger(sourceDateEpoch) || Math.abs(sourceDateEpoch) > maxSeconds) {
      throw new FormatError(
        "InvalidArgument",
        `sourceDateEpoch must be in whole seconds, up to ${maxSeconds} before or after 1970, not ${sourceDateEpoch}`,
      );
    }
  }
}
