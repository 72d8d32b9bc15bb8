import type { SignalOptions } from "../../sources/byte-source.js";
import type { Compression } from "../../entry.js";
import {
  badOption,
  checkBoolean,
  checkFunction,
  checkInteger,
  checkLimit,
  checkMethods,
  checkOneOf,
  checkSignal,
  checkStrings,
} from "../../option-values.js";
import type { ZstdEncoder } from "../../zstd/codec.js";
import type { FinishedArchive } from "../files/data-sink.js";
import type { CreateProgress } from "../files/progress.js";
import type { Chunking } from "./chunk-sizes.js";
import type { SkipCompression } from "./skip-compression.js";
import type { DroppedModeBits } from "../walk/file-columns.js";
import type { FilterOptions } from "../walk/path-filter.js";
import type { ChangeDetection } from "../walk/read-small-file.js";
import type { SkippedFile, WalkOptions } from "../walk/walk-options.js";

/** Reproducible archives: equal trees give equal bytes, whenever and by whomever they were checked out. */
export interface ReproducibleOptions {
  /** The time that every file gets, in whole seconds since the epoch: `SOURCE_DATE_EPOCH`. */
  readonly sourceDateEpoch: number;
}

/** How an archive is made. */
export interface CreateOptions extends SignalOptions, FilterOptions {
  /** Default `zstd`. */
  readonly compression?: Exclude<Compression, "unknown"> | undefined;
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
  /**
   * Whether the index says how files above 4 MiB are cut into chunks, each with a hash. Parts of such files are read for
   * the price of their chunks and verified, and a sync moves the chunks that changed. It takes up to 40 bytes a chunk;
   * other implementations skip it.
   *
   * - `fixed` (default) cuts every 4 MiB, files that are stored as they are every 1 MiB.
   * - `content` cuts where the content says (FastCDC), about as far apart, at most 16 and 4 MiB: where bytes are
   *   inserted or deleted, a sync moves the chunks around them instead of all that follow. Takes longer, see
   *   docs/performance.md, and more memory: up to 50 MB for each thread.
   * - `none` leaves it out.
   */
  readonly chunking?: Chunking | undefined;
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
  readonly zstd?: ZstdEncoder | undefined;
  /**
   * Threads to compress with: the archive's bytes are the same for any number. 0 does all on this thread. Default: one
   * for each core, at most 4, when the job is large enough. A given `zstd` is only used on this thread, and a bundle
   * of this package, which has no file that a thread could run, does all on this thread.
   */
  readonly workers?: number | undefined;
  /**
   * Where streams are kept that are too large for memory, until all files are known; removed afterwards. Default: the
   * system's temporary directory. Only for files that are given.
   */
  readonly temporaryDirectory?: string | undefined;
  /** Called synchronously; what it throws ends the work. */
  readonly onProgress?: ((progress: CreateProgress) => void) | undefined;
}

/** An archive that was made. */
export interface CreatedArchive extends FinishedArchive {
  /** What the directory has and the archive has not. */
  readonly skipped: readonly SkippedFile[];
  /** Files that are in the archive without their setuid, setgid or sticky bit: the format has permissions only. */
  readonly modeBitsDropped: readonly DroppedModeBits[];
}

/** The format's default limit of the number of files. */
export const defaultMaxFiles = 200_000;

const maxWorkers = 64;

/** As many fit into 64 bits of nanoseconds. */
const maxSeconds = 9_223_372_036;

/** What says which files of a directory are meant. */
const directoryOptions = ["include", "exclude", "ignoreFiles", "symlinks"] as const;

/** `InvalidArgument`, with the name of the option and what it may be. */
export function checkCreateOptions(options: CreateOptions, isDirectory: boolean): void {
  if (typeof options !== "object" || options === null) throw badOption("options", "an object", options);
  checkOneOf("compression", options.compression, ["zstd", "none"]);
  checkInteger("level", options.level, -7, 19);
  checkOneOf("chunking", options.chunking, ["fixed", "content", "none"]);
  checkOneOf("changeDetection", options.changeDetection, ["none", "strict"]);
  checkLimit("maxFiles", options.maxFiles);
  checkOneOf("symlinks", options.symlinks, ["skip", "error", "follow"]);
  checkBoolean("deduplicate", options.deduplicate);
  checkMethods("zstd", options.zstd, ["compress"]);
  checkInteger("workers", options.workers, 0, maxWorkers);
  checkFunction("onProgress", options.onProgress);
  checkSignal(options.signal);
  for (const name of ["include", "exclude", "ignoreFiles"] as const) checkStrings(name, options[name]);
  checkSkips(options.skipCompression);
  checkReproducible(options.reproducible);
  const { temporaryDirectory } = options;
  if (temporaryDirectory !== undefined && typeof temporaryDirectory !== "string") {
    throw badOption("temporaryDirectory", "a path", temporaryDirectory);
  }
  if (isDirectory) return;
  for (const name of directoryOptions) {
    if (options[name] !== undefined)
      throw badOption(name, "left out where files are given: it is for directories", options[name]);
  }
}

function checkSkips(skips: unknown): void {
  if (skips === undefined) return;
  if (Array.isArray(skips) && skips.every((skip) => typeof skip === "function")) return;
  throw badOption("skipCompression", "an array of functions", skips);
}

function checkReproducible(reproducible: unknown): void {
  if (reproducible === undefined) return;
  const epoch: unknown =
    typeof reproducible === "object" && reproducible !== null && "sourceDateEpoch" in reproducible
      ? reproducible.sourceDateEpoch
      : undefined;
  if (typeof epoch === "number" && Number.isSafeInteger(epoch) && Math.abs(epoch) <= maxSeconds) return;
  throw badOption(
    "reproducible.sourceDateEpoch",
    `in whole seconds, up to ${maxSeconds} before or after 1970`,
    epoch ?? reproducible,
  );
}
