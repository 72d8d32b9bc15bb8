import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import type { BigIntStats, Dirent } from "node:fs";
import { relative, sep } from "node:path";

import { comparePaths } from "../compare-bytes.js";
import { FormatError } from "../errors.js";
import { isValidPath } from "../path.js";
import { fileSystemError, isSystemError } from "./file-system-error.js";
import { checkArchiveTime } from "./file-time.js";
import { GrowingFiles } from "./found-files.js";
import type { PathFilter } from "./path-filter.js";
import { readSmallFile } from "./read-small-file.js";
import type { SkippedFile, SkipReason, WalkOptions, WalkResult } from "./walk.js";

interface Directory {
  /** The archive path, with a slash at its end; the root's is empty. */
  readonly prefix: string;
  /** Where it is, relative to the root, in the same way. */
  readonly source: string;
  /** The real paths that lead here, so that a followed link cannot loop. */
  readonly ancestors: readonly string[];
  /** What holds for the directory above it. */
  readonly filter: PathFilter;
}

/** A directory whose files are taken one after another. */
interface ListedDirectory extends Directory {
  /**
   * The names of what is part of the archive, with a slash behind those of directories: the order of these is the
   * order of the full paths.
   */
  readonly keys: readonly string[];
  next: number;
  /** By key: what followed links lead to. */
  readonly links: Map<string, FollowedLink>;
}

interface FollowedLink {
  /** Relative to the root. */
  readonly source: string;
  readonly stats: BigIntStats;
}

const withNanoseconds = { bigint: true } as const;

/** Goes through a directory in the order of an archive, as many steps at a time as it is told to. */
export class Walk {
  readonly root: string;
  readonly files: GrowingFiles = new GrowingFiles();
  readonly skipped: SkippedFile[] = [];
  size = 0;
  /** The root, with a slash at its end. */
  readonly #base: string;
  readonly #options: WalkOptions;
  /** Each in the one before it. */
  readonly #listed: ListedDirectory[] = [];
  #directoriesKnown = 1;
  #directoriesListed = 0;

  constructor(directory: string, options: WalkOptions, filter: PathFilter) {
    this.#options = options;
    try {
      this.root = realpathSync.native(directory);
    } catch (cause) {
      throw fileSystemError(cause, "read directory", directory);
    }
    this.#base = this.root.endsWith(sep) ? this.root : this.root + sep;
    this.#list({ prefix: "", source: "", ancestors: [this.root], filter });
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
      modeBitsDropped: this.files.modeBitsDropped,
      skipped: this.skipped.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))),
    };
  }

  /** Takes so many steps; false when there are no more. */
  goOn(steps: number): boolean {
    for (let left = steps; left > 0; left--) {
      const directory = this.#listed.at(-1);
      if (directory === undefined) return false;
      const key = directory.keys[directory.next++];
      if (key === undefined) this.#listed.pop();
      else if (key.endsWith("/")) this.#enter(directory, key);
      else this.#add(directory, key);
    }
    return true;
  }

  #list(directory: Directory): void {
    const entries = this.#read(directory);
    const rules = entries
      .filter((entry) => entry.isFile() && directory.filter.ignoreFiles.includes(entry.name))
      .map((entry) => this.#readRules(directory.source + entry.name));
    const filter = directory.filter.enter(directory.prefix.slice(0, -1), rules);
    const keys: string[] = [];
    const links = new Map<string, FollowedLink>();
    const listed = { ...directory, filter, keys, next: 0, links };
    for (const entry of entries) {
      const key = this.#keyOf(entry, listed);
      if (key !== undefined) keys.push(key);
    }
    keys.sort(comparePaths);
    this.#listed.push(listed);
    this.#directoriesListed++;
  }

  #read(directory: Directory): Dirent[] {
    // Messages name it without the slash.
    const location = directory.source === "" ? this.root : this.#locate(directory.source.slice(0, -1));
    try {
      const entries = readdirSync(location, { withFileTypes: true });
      return entries.some((entry) => entry.name.includes("\uFFFD"))
        ? this.#dropUndecodable(directory, location, entries)
        : entries;
    } catch (cause) {
      throw fileSystemError(cause, "read directory", location);
    }
  }

  /** The key of what is part of the archive. */
  #keyOf(entry: Dirent, directory: ListedDirectory): string | undefined {
    const { name } = entry;
    const path = directory.prefix + name;
    if (!isValidPath(name)) return this.#skip(path, "name-not-allowed");
    if (this.#isOutput(path)) return this.#skip(path, "output");
    if (entry.isDirectory()) return this.#keyOfDirectory(name, directory);
    if (!directory.filter.includes(path)) return undefined;
    if (entry.isFile()) return name;
    if (entry.isSymbolicLink()) return this.#keyOfLink(name, directory);
    return this.#skip(path, "special-file");
  }

  #keyOfDirectory(name: string, { prefix, filter }: Directory): string | undefined {
    const key = `${name}/`;
    if (!filter.includes(prefix + key)) return undefined;
    this.#directoriesKnown++;
    return key;
  }

  #keyOfLink(name: string, directory: ListedDirectory): string | undefined {
    const { symlinks = "skip" } = this.#options;
    const path = directory.prefix + name;
    if (symlinks === "error") {
      throw new FormatError("InvalidArgument", `${JSON.stringify(path)} is a symbolic link`, { path });
    }
    if (symlinks === "skip") return this.#skip(path, "symbolic-link");
    let target: string;
    let stats: BigIntStats;
    try {
      target = realpathSync.native(this.#locate(directory.source + name));
      stats = statSync(target, withNanoseconds);
    } catch (cause) {
      if (isSystemError(cause, "ENOENT", "ENOTDIR", "ELOOP")) return this.#skip(path, "link-broken");
      throw fileSystemError(cause, "follow link", path);
    }
    if (!isInside(this.root, target)) return this.#skip(path, "link-outside");
    const isFile = stats.isFile();
    if (!isFile && !stats.isDirectory()) return this.#skip(path, "special-file");
    // A link to a directory that we are in, directly or through other links, would never end.
    if (!isFile && this.#pathsTo(directory).some((ancestor) => isInside(target, ancestor))) {
      return this.#skip(path, "link-loop");
    }
    const key = isFile ? name : this.#keyOfDirectory(name, directory);
    const source = relative(this.root, target).replaceAll(sep, "/");
    if (key !== undefined) directory.links.set(key, { source, stats });
    return key;
  }

  #pathsTo({ source, ancestors }: Directory): readonly string[] {
    return [...ancestors, realpathSync.native(this.#locate(source))];
  }

  #isOutput(path: string): boolean {
    const { outputs } = this.#options;
    // Looking it up takes its hash, which is a part of what a walk costs.
    return outputs !== undefined && outputs.size > 0 && outputs.has(path);
  }

  #enter(from: ListedDirectory, key: string): void {
    const { filter } = from;
    const prefix = from.prefix + key;
    const link = from.links.get(key);
    this.#list(
      link === undefined
        ? { prefix, source: from.source + key, ancestors: from.ancestors, filter }
        : { prefix, source: `${link.source}/`, ancestors: this.#pathsTo(from), filter },
    );
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

  #add({ prefix, source, links }: ListedDirectory, name: string): void {
    const { maxFiles = Number.POSITIVE_INFINITY } = this.#options;
    const link = links.get(name);
    if (link !== undefined) this.files.sources.set(this.files.paths.length, link.source);
    else if (source !== prefix) this.files.sources.set(this.files.paths.length, source + name);
    // It was a file when it was listed: whatever it is now is the reader's to refuse.
    const stats = link?.stats ?? this.#stat(source + name);
    const size = Number(stats.size);
    if (this.#options.anyTime !== true) checkArchiveTime(prefix + name, stats.mtimeNs);
    this.files.add(prefix + name, size, stats);
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
        this.#skip(directory.prefix + bytes.toString("utf8"), "name-not-utf8");
      }
    }
    return entries.filter((entry) => decodable.has(entry.name));
  }

  #skip(path: string, reason: SkipReason): undefined {
    this.skipped.push({ path, reason });
  }

  #locate(source: string): string {
    return this.#base + source;
  }
}

function isInside(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** More than a mebibyte of patterns is not an ignore file. */
const maxRulesBytes = 1024 * 1024;
