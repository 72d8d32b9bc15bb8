import type { SignalOptions } from "../../sources/byte-source.js";
import type { Entry } from "../../entry.js";
import {
  badOption,
  checkBoolean,
  checkFunction,
  checkInteger,
  checkMethods,
  checkOneOf,
  checkSignal,
  checkStrings,
} from "../../option-values.js";
import type { ZstdDecoder } from "../../zstd/codec.js";
import type { ContentsBy, ContentStore } from "./content-store.js";
import type { FactsNotKept } from "./facts-not-kept.js";
import type { ExtractProgress } from "../files/progress.js";

/** How {@link extractArchive} writes what. */
export interface ExtractOptions extends SignalOptions {
  /** Only what is below this directory of the archive; it keeps its full path. Default: the root. */
  readonly directory?: string | undefined;
  /** Only these files, and all below these directories. Default: all. An unknown path is a `NotFound` error. */
  readonly paths?: readonly string[] | undefined;
  /** Where an entry goes, as a path below the destination. Default: its path in the archive. */
  readonly target?: ((entry: Entry) => string) | undefined;
  /** Replace existing files, each atomically. Default: they are left alone and returned as skipped. */
  readonly overwrite?: boolean | undefined;
  /**
   * **Default true**: files get the archive's permission bits, whatever the process's umask says, so that a secret stays
   * one and a script can be run; never setuid, setgid or sticky bits. False: what the umask says.
   */
  readonly preserveMode?: boolean | undefined;
  /**
   * **Default true**: files get the archive's modification times, to the microsecond, which is what Node can set. False:
   * the time of their writing.
   */
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
  readonly zstd?: ZstdDecoder | undefined;
  /**
   * Threads that decompress, verify and write: on Linux small files, and everywhere the chunks of large ones. 0 does all on
   * this thread. Default, when there is enough to do: for small files one for each core but this thread's, at most 3; for
   * chunks one for each core, at most 4. None with a given `zstd`, which is used on this thread.
   */
  readonly workers?: number | undefined;
  /** Contents that are known already: they are not fetched, and what is fetched is kept there, behind the extraction. */
  readonly contents?: ContentStore | undefined;
  /**
   * How files get known contents: `copy` (default); `clone`, which shares their bytes where the file system can; or
   * `link`, one more name of the kept file, readable for its owner only. **Who changes a linked file spoils what is
   * kept**, which its owner notices. It has the kept file's mode and time, not the archive's: with
   * `preserveMode` or `preserveTimes` set to true, and where it replaces another, a file is cloned instead. Where
   * directories are not held, which only Linux can, all are copied.
   */
  readonly contentsBy?: ContentsBy | undefined;
  /** Called synchronously after each file, and while a large one is written; what it throws ends the work. */
  readonly onProgress?: ((progress: ExtractProgress) => void) | undefined;
}

/** What was extracted. */
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

/** Options of `extractFile`. */
export type ExtractFileOptions = Pick<
  ExtractOptions,
  | "overwrite"
  | "preserveMode"
  | "preserveTimes"
  | "zstd"
  | "contents"
  | "contentsBy"
  | "onProgress"
  | "signal"
>;

const maxWorkers = 64;

/** A number of threads. `InvalidArgument`. */
export function checkWorkers(workers: number | undefined): void {
  checkInteger("workers", workers, 0, maxWorkers);
}

/** `InvalidArgument`, with the name of the option and what it may be. */
export function checkExtractOptions(options: ExtractOptions): void {
  if (typeof options !== "object" || options === null) throw badOption("options", "an object", options);
  if (options.directory !== undefined && typeof options.directory !== "string") {
    throw badOption("directory", "a path in the archive", options.directory);
  }
  checkStrings("paths", options.paths);
  checkFunction("target", options.target);
  for (const name of ["overwrite", "preserveMode", "preserveTimes", "clean"] as const) {
    checkBoolean(name, options[name]);
  }
  for (const name of ["concurrency", "readAheadBytes", "maxRangeBytes"] as const) {
    checkInteger(name, options[name], 1, Number.MAX_SAFE_INTEGER);
  }
  checkMethods("zstd", options.zstd, ["decompress", "stream"]);
  checkWorkers(options.workers);
  checkMethods("contents", options.contents, ["get", "open", "writeTo", "put"]);
  checkOneOf("contentsBy", options.contentsBy, ["copy", "clone", "link"]);
  checkFunction("onProgress", options.onProgress);
  checkSignal(options.signal);
}
