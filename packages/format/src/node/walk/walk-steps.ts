import { isSystemError } from "@blob/core/files";
import { lstatSync, realpathSync } from "node:fs";
import type { BigIntStats, Dirent } from "node:fs";
import { join } from "node:path";

import { sortPaths } from "../../paths/compare-bytes.js";
import { FormatError } from "../../errors.js";
import { isValidPath } from "../../paths/path.js";
import { fileSystemError } from "../files/file-system-error.js";
import { checkArchiveTime } from "../files/file-time.js";
import { GrowingFiles } from "./found-files.js";
import type { FoundDirectory } from "./found-files.js";
import { defaultDirectoryAccess } from "../files/open-directory.js";
import type { PathFilter } from "./path-filter.js";
import { fileChanged, readSmallFile } from "./read-small-file.js";
import {
  closeSourceRoot,
  directoryChanged,
  isSameDirectory,
  openSourceBelow,
  openSourceChild,
  openSourceRoot,
  rootDirectory,
} from "./source-directory.js";
import type { DirectoryIdentity, SourceDirectory, SourceRoot } from "./source-directory.js";
import { readEntries } from "./walk-entries.js";
import { followLink, isInside } from "./walk-link.js";
import type { FollowedLink } from "./walk-link.js";
import type { SkippedFile, SkipReason, WalkOptions, WalkResult } from "./walk-options.js";

/** A directory whose files are taken one after another. */
interface ListedDirectory {
  /** The archive path, with a slash at its end; the root's is empty. */
  readonly prefix: string;
  /** Where it is, and which one it is: also for its files. */
  readonly found: FoundDirectory;
  /** Whether a link that was followed leads here. Otherwise it is in the directory above. */
  readonly isLinked: boolean;
  /** The real paths that lead here, so that a followed link cannot loop. */
  readonly ancestors: readonly string[];
  /** Nothing far up, where it was let go. */
  held: SourceDirectory | undefined;
  filter: PathFilter;
  /**
   * The names of what is part of the archive, with a slash behind those of directories: the order of these is the
   * order of the full paths.
   */
  readonly keys: string[];
  next: number;
  /** By key: what followed links lead to. */
  readonly links: Map<string, FollowedLink>;
}

const withNanoseconds = { bigint: true } as const;

/** Handles are few: directories further up are opened again, from below, when their turn comes. */
const maxHeldLevels = 64;

/**
 * Goes through a directory in the order of an archive, as many steps at a time as it is told to. Directories are opened
 * in one another, and what is in them is named through them: a link that takes the place of one leads nowhere.
 */
export class Walk {
  /** Whoever made the walk closes it, when nobody reads the files any more. */
  readonly root: SourceRoot;
  readonly files: GrowingFiles = new GrowingFiles();
  readonly skipped: SkippedFile[] = [];
  size = 0;
  readonly #options: WalkOptions;
  /** Each in the one before it. */
  readonly #listed: ListedDirectory[] = [];
  #directoriesKnown = 1;
  #directoriesListed = 0;

  constructor(directory: string, options: WalkOptions, filter: PathFilter) {
    this.#options = options;
    const { access = defaultDirectoryAccess() } = options;
    try {
      this.root = openSourceRoot(realpathSync.native(directory), access);
    } catch (cause) {
      throw fileSystemError(cause, "read directory", directory);
    }
    try {
      const { path, dev, ino } = this.root;
      const found = { source: "", dev, ino };
      const root = { prefix: "", found, isLinked: false, ancestors: [path], filter };
      this.#list(root, rootDirectory(this.root));
    } catch (cause) {
      this.close();
      closeSourceRoot(this.root);
      throw cause;
    }
  }

  /** Of the directories that are known, how many were listed. */
  get share(): number {
    return this.#directoriesListed / this.#directoriesKnown;
  }

  result(): WalkResult {
    return {
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
      if (key === undefined) this.#leave(directory);
      else if (key.endsWith("/")) this.#enter(directory, key);
      else this.#add(directory, key);
    }
    return true;
  }

  /** Frees the handles of all directories but the root, in which files are still to be read. */
  close(): void {
    for (const { held } of this.#listed.splice(0)) held?.close();
  }

  #list(
    place: Pick<ListedDirectory, "prefix" | "found" | "isLinked" | "ancestors" | "filter">,
    held: SourceDirectory,
  ): void {
    const directory: ListedDirectory = { ...place, held, keys: [], next: 0, links: new Map() };
    this.#listed.push(directory);
    this.#letGo(this.#listed.at(-1 - maxHeldLevels));
    const entries = this.#read(directory);
    const rules = entries
      .filter((entry) => entry.isFile() && place.filter.ignoreFiles.includes(entry.name))
      .map((entry) => this.#readRules(directory, entry.name));
    directory.filter = place.filter.enter(place.prefix, rules);
    for (const entry of entries) {
      const key = this.#keyOf(entry, directory);
      if (key !== undefined) directory.keys.push(key);
    }
    sortPaths(directory.keys);
    this.#directoriesListed++;
  }

  #read(directory: ListedDirectory): readonly Dirent[] {
    try {
      const { entries, undecodable } = readEntries(inUse(directory).locate(""));
      for (const name of undecodable) this.#skip(directory.prefix + name, "name-not-utf8");
      return entries;
    } catch (cause) {
      throw fileSystemError(cause, "read directory", this.#describe(directory.found.source));
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

  #keyOfDirectory(name: string, { prefix, filter }: ListedDirectory): string | undefined {
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
    const link = followLink(this.root, inUse(directory).locate(name), path);
    if (typeof link === "string") return this.#skip(path, link);
    const isFile = link.stats.isFile();
    // A link to a directory that we are in, directly or through other links, would never end.
    if (!isFile && this.#pathsTo(directory).some((ancestor) => isInside(link.target, ancestor))) {
      return this.#skip(path, "link-loop");
    }
    const key = isFile ? name : this.#keyOfDirectory(name, directory);
    if (key !== undefined) directory.links.set(key, link);
    return key;
  }

  #pathsTo({ found, ancestors }: ListedDirectory): readonly string[] {
    return [...ancestors, this.#describe(found.source)];
  }

  /** The whole path of a directory. */
  #describe(source: string): string {
    return source === "" ? this.root.path : join(this.root.path, source.slice(0, -1));
  }

  #isOutput(path: string): boolean {
    const { outputs } = this.#options;
    // Looking it up takes its hash, which is a part of what a walk costs.
    return outputs !== undefined && outputs.size > 0 && outputs.has(path);
  }

  #enter(from: ListedDirectory, key: string): void {
    const { filter, ancestors } = from;
    const prefix = from.prefix + key;
    const link = from.links.get(key);
    try {
      if (link === undefined) {
        const above = from.found.source;
        const source = above === from.prefix ? prefix : above + key;
        const name = key.slice(0, -1);
        const child = openSourceChild(inUse(from), name, above + name);
        const found = foundAt(child, source);
        this.#list({ prefix, found, isLinked: false, ancestors, filter }, child);
      } else {
        const { source } = link.directory;
        const target = openSourceBelow(this.root, source, source.slice(0, -1));
        const found = foundAt(target, source, link.directory);
        this.#list({ prefix, found, isLinked: true, ancestors: this.#pathsTo(from), filter }, target);
      }
    } catch (cause) {
      throw fileSystemError(cause, "read directory", this.#describe(prefix));
    }
  }

  #leave(directory: ListedDirectory): void {
    if (!inUse(directory).isStill()) {
      const { source } = directory.found;
      throw directoryChanged(source === "" ? this.root.path : source.slice(0, -1));
    }
    const above = this.#listed.at(-2);
    if (above !== undefined && above.held === undefined) this.#holdAgain(above, directory);
    this.#listed.pop();
    inUse(directory).close();
  }

  /** Opens what was let go. Somebody may have moved what is in it: then that leads to another directory. */
  #holdAgain(directory: ListedDirectory, below: ListedDirectory): void {
    const { source } = directory.found;
    try {
      const again = below.isLinked
        ? openSourceBelow(this.root, source, source)
        : openSourceChild(inUse(below), "..", source);
      foundAt(again, source, directory.found);
      directory.held = again;
    } catch (cause) {
      throw fileSystemError(cause, "read directory", this.#describe(source));
    }
  }

  #letGo(directory: ListedDirectory | undefined): void {
    if (directory === undefined || this.root.handle === undefined) return;
    directory.held?.close();
    directory.held = undefined;
  }

  #readRules(directory: ListedDirectory, name: string): string {
    const source = directory.found.source + name;
    const size = Number(this.#stat(directory, name).size);
    if (size > maxRulesBytes) {
      throw new FormatError(
        "SizeExceeded",
        `${JSON.stringify(source)} has ${size} bytes; an ignore file may have ${maxRulesBytes}`,
        { path: source },
      );
    }
    const scratch = new Uint8Array(maxRulesBytes + 1);
    const { length } = readSmallFile(inUse(directory).locate(name), source, size, scratch, "none");
    return Buffer.from(scratch.subarray(0, length)).toString("utf8");
  }

  #add(directory: ListedDirectory, name: string): void {
    const { maxFiles = Number.POSITIVE_INFINITY } = this.#options;
    const path = directory.prefix + name;
    const link = directory.links.get(name);
    // It was a file when it was listed: whatever it is now is the reader's to refuse.
    const stats = link?.stats ?? this.#stat(directory, name);
    const size = Number(stats.size);
    if (this.#options.anyTime !== true) checkArchiveTime(path, stats.mtimeNs);
    const compress = this.#options.shouldCompress?.(path, size) === true;
    const found = { directory: link?.directory ?? directory.found, name: link?.name };
    this.files.add(path, size, stats, compress, found);
    this.size += size;
    if (this.files.paths.length > maxFiles) {
      throw new FormatError(
        "TooManyFiles",
        `${this.root.path} has more than ${maxFiles} files; archive a part of it or raise maxFiles`,
      );
    }
  }

  #stat(directory: ListedDirectory, name: string): BigIntStats {
    try {
      return lstatSync(inUse(directory).locate(name), withNanoseconds);
    } catch (cause) {
      const source = directory.found.source + name;
      if (isSystemError(cause, "ENOENT")) throw fileChanged(source, "disappeared", cause);
      throw fileSystemError(cause, "read", source);
    }
  }

  #skip(path: string, reason: SkipReason): undefined {
    this.skipped.push({ path, reason });
  }
}

/** A directory that is in use. */
function inUse({ held: directory }: ListedDirectory): SourceDirectory {
  if (directory === undefined) throw new TypeError("A directory was let go while it was in use");
  return directory;
}

/** Which one it is: the expected one, or it is closed and that is an error, which names `source`. */
function foundAt(directory: SourceDirectory, source: string, expected?: DirectoryIdentity): FoundDirectory {
  try {
    const { dev, ino } = directory.identify();
    if (expected !== undefined && !isSameDirectory(expected, { dev, ino })) {
      throw directoryChanged(source.slice(0, -1));
    }
    return { source, dev, ino };
  } catch (cause) {
    directory.close();
    throw cause;
  }
}

/** More than a mebibyte of patterns is not an ignore file. */
const maxRulesBytes = 1024 * 1024;
