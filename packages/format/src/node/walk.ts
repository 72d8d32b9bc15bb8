import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import type { BigIntStats, Dirent } from "node:fs";
import { relative, sep } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import type { SignalOptions } from "../byte-source.js";
import { comparePaths } from "../compare-bytes.js";
import { FormatError } from "../errors.js";
import { checkPaths } from "../index-encoder.js";
import { isValidPath } from "../path.js";
import { FoundFilesBuilder } from "./found-files.js";
import type { FoundFiles } from "./found-files.js";
import { createPathFilter } from "./path-filter.js";
import type { FilterOptions, PathFilter } from "./path-filter.js";
import { readSmallFile } from "./read-small-file.js";
import { fileSystemError, isSystemError } from "./file-system-error.js";

/** Why a file of the directory is not part of the archive. */
export type SkipReason =
  /** A symbolic link, and links are not followed. */
  | "symbolic-link"
  /** A symbolic link that leads out of the directory. */
  | "link-outside"
  /** A symbolic link to one of its own parents. */
  | "link-loop"
  /** A symbolic link to nothing. */
  | "link-broken"
  /** A socket, FIFO or device. */
  | "special-file"
  /** A name that is not UTF-8. The reported path has U+FFFD in its place. */
  | "name-not-utf8"
  /** A name that archive paths cannot have. */
  | "name-not-allowed"
  /** The archive that is being written. */
  | "output";

export interface SkippedFile {
  readonly path: string;
  readonly reason: SkipReason;
}

export interface WalkResult {
  /** The directory, without symbolic links. */
  readonly root: string;
  readonly files: FoundFiles;
  /** Sum of the sizes in bytes. */
  readonly size: number;
  readonly skipped: readonly SkippedFile[];
}

export interface WalkOptions extends SignalOptions, FilterOptions {
  /** What to do with symbolic links: default `skip` (and report). A followed link must stay inside the directory. */
  readonly symlinks?: "skip" | "follow" | "error" | undefined;
  /** More files than this are a `TooManyFiles` error. */
  readonly maxFiles?: number | undefined;
  /** Archive paths that are being written by the same job. */
  readonly outputs?: ReadonlySet<string> | undefined;
  /**
   * Called now and then with the files found so far, and a guess at the share of the directory that they are: of the
   * directories that are known, how many were listed.
   */
  readonly onFound?: ((files: number, size: number, share: number) => void) | undefined;
}

interface Directory {
  readonly path: string;
  readonly source: string;
  /** The real paths that lead here, so that a followed link cannot loop. */
  readonly ancestors: readonly string[];
  /** What holds for the directory above it. */
  readonly filter: PathFilter;
}

/** Something in a directory that is part of the archive. */
interface Step {
  /** The name, with a slash behind that of a directory: these are in the order of the full paths. */
  readonly key: string;
  readonly path: string;
  readonly source: string;
  readonly directory?: Directory;
  /** Of what a link leads to. */
  readonly stats?: BigIntStats;
}

const withNanoseconds = { bigint: true } as const;

/** So many entries are looked at before other work of the process gets a turn: about 2 ms. */
const entriesPerTurn = 512;

/** A walk that is under way: files are there as they are found, which is in their order. */
export interface Listing extends Pick<WalkResult, "root" | "files"> {
  /** Waits until there are so many files, or all there are. */
  until(count: number): Promise<unknown>;
  /** Waits for the end. Rejects, as `until` does, with what the walk failed of. */
  end(): Promise<WalkResult>;
  /** The result, once the end is reached. */
  readonly result: WalkResult | undefined;
  /** Ends it before its time; nobody may wait for it any more. */
  stop(): void;
}

/**
 * All regular files below a directory, in the order in which an archive stores them. What cannot be part of an
 * archive is reported, never left out silently. Memory is proportional to the number of files.
 * `FileSystem`, `TooManyFiles`; `InvalidArgument` for a symbolic link when links are errors.
 */
export async function walkDirectory(directory: string, options: WalkOptions = {}): Promise<WalkResult> {
  return (await beginWalk(directory, options)).end();
}

/** {@link walkDirectory} for those who can begin with the first files. It goes on whether anybody waits or not. */
export async function beginWalk(directory: string, options: WalkOptions): Promise<Listing> {
  const walk = new Walk(directory, options, await createPathFilter(options));
  let stopped = false;
  let result: WalkResult | undefined;
  /** Whoever waits for so many files. */
  let waiting: { readonly count: number; readonly wake: () => void } | undefined;

  async function run(): Promise<WalkResult> {
    while (walk.goOn(entriesPerTurn) && !stopped) {
      if (waiting !== undefined && walk.files.paths.length >= waiting.count) waiting.wake();
      await nextTurn();
      options.signal?.throwIfAborted();
      options.onFound?.(walk.files.paths.length, walk.size, walk.share);
    }
    options.signal?.throwIfAborted();
    checkPaths(walk.files.paths);
    return (result = walk.result());
  }

  const end = run();
  // Somebody waits for it only later: until then a failure is not an unhandled one.
  end.catch(() => undefined);
  return {
    root: walk.root,
    files: walk.files,
    async until(count) {
      if (walk.files.paths.length >= count) return;
      await Promise.race([end, new Promise<void>((wake) => (waiting = { count, wake }))]);
    },
    end: () => end,
    get result() {
      return result;
    },
    stop() {
      stopped = true;
    },
  };
}

class Walk {
  readonly root: string;
  readonly files = new FoundFilesBuilder();
  readonly skipped: SkippedFile[] = [];
  size = 0;
  readonly #options: WalkOptions;
  /** What comes next is last. */
  readonly #pending: Step[];
  #directoriesKnown = 1;
  #directoriesListed = 0;

  constructor(directory: string, options: WalkOptions, filter: PathFilter) {
    this.#options = options;
    try {
      this.root = realpathSync.native(directory);
    } catch (cause) {
      throw fileSystemError(cause, "read directory", directory);
    }
    const root = { path: "", source: "", ancestors: [this.root], filter };
    this.#pending = [{ key: "", path: "", source: "", directory: root }];
  }

  /** Of the directories that are known, how many were listed. */
  get share(): number {
    return this.#directoriesListed / this.#directoriesKnown;
  }

  result(): WalkResult {
    return {
      root: this.root,
      files: this.files,
      size: this.size,
      skipped: this.skipped.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))),
    };
  }

  /** Takes so many steps; false when there are no more. */
  goOn(steps: number): boolean {
    for (let left = steps; left > 0; left--) {
      const step = this.#pending.pop();
      if (step === undefined) return false;
      if (step.directory === undefined) this.#add(step);
      else this.#list(step.directory);
    }
    return true;
  }

  #list(directory: Directory): void {
    const entries = this.#read(directory);
    const rules = entries
      .filter((entry) => entry.isFile() && directory.filter.ignoreFiles.includes(entry.name))
      .map((entry) => this.#readRules(join(directory.source, entry.name)));
    const filter = directory.filter.enter(directory.path, rules);
    const steps: Step[] = [];
    for (const entry of entries) {
      const step = this.#stepTo(entry, directory, filter);
      if (step !== undefined) steps.push(step);
    }
    steps.sort((a, b) => comparePaths(b.key, a.key));
    for (const step of steps) this.#pending.push(step);
    this.#directoriesListed++;
  }

  #read(directory: Directory): Dirent[] {
    const location = this.#locate(directory.source);
    try {
      const entries = readdirSync(location, { withFileTypes: true });
      return entries.some((entry) => entry.name.includes("\uFFFD"))
        ? this.#dropUndecodable(directory, location, entries)
        : entries;
    } catch (cause) {
      throw fileSystemError(cause, "read directory", location);
    }
  }

  #stepTo(entry: Dirent, directory: Directory, filter: PathFilter): Step | undefined {
    const { name } = entry;
    const path = join(directory.path, name);
    const source = directory.source === directory.path ? path : join(directory.source, name);
    if (!isValidPath(name)) return this.#skip(path, "name-not-allowed");
    if (this.#isOutput(path)) return this.#skip(path, "output");
    if (entry.isDirectory()) return this.#stepInto({ path, source, ancestors: directory.ancestors, filter }, name);
    if (!filter.includes(path)) return undefined;
    if (entry.isFile()) return { key: name, path, source };
    if (entry.isSymbolicLink()) return this.#follow(name, path, source, directory, filter);
    return this.#skip(path, "special-file");
  }

  #isOutput(path: string): boolean {
    const { outputs } = this.#options;
    // Looking it up takes its hash, which is a part of what a walk costs.
    return outputs !== undefined && outputs.size > 0 && outputs.has(path);
  }

  #stepInto(directory: Directory, name: string): Step | undefined {
    const { path, source, filter } = directory;
    if (!filter.includes(`${path}/`)) return undefined;
    this.#directoriesKnown++;
    return { key: `${name}/`, path, source, directory };
  }

  #readRules(source: string): string {
    const size = Number(this.#stat(source).size);
    if (size > maxRulesBytes) {
      throw new FormatError(
        "SizeOverflow",
        `${JSON.stringify(source)} has ${size} bytes; an ignore file may have ${maxRulesBytes}`,
        { path: source },
      );
    }
    const scratch = new Uint8Array(maxRulesBytes + 1);
    const { length } = readSmallFile(this.#locate(source), source, size, scratch, "none");
    return Buffer.from(scratch.subarray(0, length)).toString("utf8");
  }

  #follow(
    name: string,
    path: string,
    source: string,
    directory: Directory,
    filter: PathFilter,
  ): Step | undefined {
    const { symlinks = "skip" } = this.#options;
    if (symlinks === "error") {
      throw new FormatError("InvalidArgument", `${JSON.stringify(path)} is a symbolic link`, { path });
    }
    if (symlinks === "skip") return this.#skip(path, "symbolic-link");
    let target: string;
    let stats: BigIntStats;
    try {
      target = realpathSync.native(this.#locate(source));
      stats = statSync(target, { bigint: true });
    } catch (cause) {
      if (isSystemError(cause, "ENOENT", "ENOTDIR", "ELOOP")) return this.#skip(path, "link-broken");
      throw fileSystemError(cause, "follow link", path);
    }
    if (!isInside(this.root, target)) return this.#skip(path, "link-outside");
    const real = relative(this.root, target).replaceAll(sep, "/");
    if (stats.isFile()) return { key: name, path, source: real, stats };
    if (!stats.isDirectory()) return this.#skip(path, "special-file");
    // A link to a directory that we are in, directly or through other links, would never end.
    const here = realpathSync.native(this.#locate(directory.source));
    if ([here, ...directory.ancestors].some((ancestor) => isInside(target, ancestor))) {
      return this.#skip(path, "link-loop");
    }
    return this.#stepInto({ path, source: real, ancestors: [...directory.ancestors, here], filter }, name);
  }

  #add({ path, source, stats = this.#stat(source) }: Step): void {
    const { maxFiles = Number.POSITIVE_INFINITY } = this.#options;
    // It was a file when it was listed: whatever it is now is the reader's to refuse.
    const size = Number(stats.size);
    this.files.add(path, source, size, stats);
    this.size += size;
    if (this.files.paths.length > maxFiles) {
      throw new FormatError(
        "TooManyFiles",
        `${this.root} has more than ${maxFiles} files; archive a part of it or raise maxFiles`,
      );
    }
  }

  #stat(source: string): BigIntStats {
    try {
      return lstatSync(this.#locate(source), withNanoseconds);
    } catch (cause) {
      if (isSystemError(cause, "ENOENT")) {
        throw new FormatError(
          "FileChanged",
          `${JSON.stringify(source)} disappeared while it was being archived`,
          {
            path: source,
            cause,
          },
        );
      }
      throw fileSystemError(cause, "read", source);
    }
  }

  /** Node decodes names with U+FFFD for what is not UTF-8; only the bytes tell that from a name that has U+FFFD. */
  #dropUndecodable(directory: Directory, location: string, entries: readonly Dirent[]): Dirent[] {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const decodable = new Set<string>();
    for (const bytes of readdirSync(location, { encoding: "buffer" })) {
      try {
        decodable.add(decoder.decode(bytes));
      } catch {
        this.#skip(join(directory.path, bytes.toString("utf8")), "name-not-utf8");
      }
    }
    return entries.filter((entry) => decodable.has(entry.name));
  }

  #skip(path: string, reason: SkipReason): undefined {
    this.skipped.push({ path, reason });
  }

  #locate(source: string): string {
    return source === "" ? this.root : join(this.root, source);
  }
}

/** `node:path`'s join normalises, which a name must not be. */
function join(directory: string, name: string): string {
  return directory === "" || directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

function isInside(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** More than a mebibyte of patterns is not an ignore file. */
const maxRulesBytes = 1024 * 1024;
