import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  unlinkSync,
} from "node:fs";
import { join, sep } from "node:path";

import { FormatError } from "../errors.js";
import { fileSystemError, isSystemError } from "./file-system-error.js";

/**
 * A directory that files are written below, and never outside of. Directories of archive paths are opened one name
 * after another without following links, and held: on Linux files are then named through the handle
 * (`/proc/self/fd/N/name`), so that whoever replaces a directory by a link while we write changes nothing. Elsewhere
 * each directory's real path is compared before each use; there a small window is left to somebody who may write to the
 * destination at the same time.
 *
 * All calls are synchronous: they take microseconds, and a tree has thousands of directories.
 */
export interface Destination {
  /** How its directories are held. */
  readonly access: DirectoryAccess;
  /** Without symbolic links. */
  readonly path: string;
  /** The directory of an archive path (`""` is the destination itself), or nothing when it does not exist. */
  find(directory: string): DestinationDirectory | undefined;
  /** The same, made when it does not exist. `DestinationConflict` when something else is in the way. */
  make(directory: string): DestinationDirectory;
  /** The names in it. */
  names(): ReadonlySet<string>;
  /** Removes all that is in it. Links are removed, not followed. */
  empty(): void;
  /**
   * Removes, or only finds, what is not to be there, and returns the paths of files and links. What has to be a file may
   * also be a link or a special file: whoever writes it replaces it. Links are removed, not followed.
   */
  prune(kindOf: (path: string) => "file" | "directory" | undefined, options: PruneOptions): string[];
  close(): void;
}

export interface PruneOptions {
  /** Only find it. */
  readonly dryRun: boolean;
}

/** A directory that is in use until it is released. */
export interface DestinationDirectory {
  /** The path of a file in it, for one call that does not follow a link of this name. */
  locate(name: string): string;
  release(): void;
}

/** How directories are held. */
export type DirectoryAccess = "handles" | "checked-paths";

/** What this system offers. */
export function defaultDirectoryAccess(): DirectoryAccess {
  return process.platform === "linux" && existsSync("/proc/self/fd") ? "handles" : "checked-paths";
}

/** So many directories are held although nobody uses them: the ancestors and neighbours of the next file. */
const maxIdleDirectories = 32;

interface OpenDirectory {
  /** Where it is, for messages. */
  readonly path: string;
  locate(name: string): string;
  close(): void;
}

interface Held {
  readonly directory: OpenDirectory;
  users: number;
}

/** Opens a directory, made when it does not exist. Links that lead to it are followed: its path is the caller's. */
export function openDestination(
  path: string,
  access: DirectoryAccess = defaultDirectoryAccess(),
): Destination {
  const root = openRoot(path, access);
  const held = new Map<string, Held>();

  function evict(): void {
    let excess = held.size - maxIdleDirectories;
    for (const [key, { directory, users }] of held) {
      if (excess-- <= 0) return;
      if (users > 0) continue;
      held.delete(key);
      directory.close();
    }
  }

  /** Most recently used last. */
  function recall(key: string): Held | undefined {
    const known = held.get(key);
    if (known === undefined) return undefined;
    held.delete(key);
    held.set(key, known);
    return known;
  }

  function open(wanted: string, create: boolean): Held | undefined {
    const known = recall(wanted);
    if (known !== undefined) return known;
    let parent = root;
    let parentPath = wanted;
    while (parentPath !== "" && parent === root) {
      parentPath = parentPath.slice(0, Math.max(0, parentPath.lastIndexOf("/")));
      parent = recall(parentPath) ?? root;
    }
    for (const name of wanted.slice(parentPath === "" ? 0 : parentPath.length + 1).split("/")) {
      parentPath = parentPath === "" ? name : `${parentPath}/${name}`;
      parent.users++;
      try {
        const directory = openChild(parent.directory, name, create, access);
        if (directory === undefined) return undefined;
        const child = { directory, users: 0 };
        held.set(parentPath, child);
        evict();
        parent.users--;
        parent = child;
      } catch (cause) {
        parent.users--;
        throw cause;
      }
    }
    return parent;
  }

  function use(directory: string, create: boolean): DestinationDirectory | undefined {
    const found = directory === "" ? root : open(directory, create);
    if (found === undefined) return undefined;
    found.users++;
    return {
      locate: (name) => found.directory.locate(name),
      release: () => {
        found.users--;
      },
    };
  }

  return {
    access,
    path: root.directory.path,
    find: (directory) => use(directory, false),
    make(directory) {
      const made = use(directory, true);
      if (made === undefined) throw new TypeError("A directory that was made does not exist");
      return made;
    },
    names: () => new Set(readdirSync(root.directory.locate("."))),
    empty() {
      for (const { directory } of held.values()) directory.close();
      held.clear();
      removeContent(root.directory, access);
    },
    prune(kindOf, { dryRun }) {
      // A directory that is removed must not stay held.
      for (const { directory } of held.values()) directory.close();
      held.clear();
      return pruneContent(root.directory, access, "", kindOf, dryRun);
    },
    close() {
      for (const { directory } of held.values()) directory.close();
      held.clear();
      root.directory.close();
    },
  };
}

function openRoot(path: string, access: DirectoryAccess): Held {
  try {
    mkdirSync(path, { recursive: true });
    const real = realpathSync.native(path);
    return { directory: access === "handles" ? holdDirectory(real, real) : checkDirectory(real), users: 1 };
  } catch (cause) {
    if (isSystemError(cause, "EEXIST", "ENOTDIR")) throw conflict(path, "is not a directory", cause);
    throw fileSystemError(cause, "write to directory", path);
  }
}

function openChild(
  parent: OpenDirectory,
  name: string,
  create: boolean,
  access: DirectoryAccess,
): OpenDirectory | undefined {
  const path = join(parent.path, name);
  try {
    const location = parent.locate(name);
    if (create) makeDirectory(location);
    return access === "handles" ? holdDirectory(location, path) : checkDirectory(path);
  } catch (cause) {
    if (!create && isSystemError(cause, "ENOENT")) return undefined;
    if (isSystemError(cause, "ENOTDIR", "ELOOP")) throw conflict(path, "is in the way of a directory", cause);
    throw fileSystemError(cause, "open directory", path);
  }
}

function makeDirectory(location: string): void {
  try {
    mkdirSync(location);
  } catch (cause) {
    if (!isSystemError(cause, "EEXIST")) throw cause;
  }
}

function holdDirectory(location: string, path: string): OpenDirectory {
  const handle = openSync(location, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  return { path, locate: (name) => `/proc/self/fd/${handle}/${name}`, close: () => closeSync(handle) };
}

function checkDirectory(path: string): OpenDirectory {
  const check = (): void => {
    if (!lstatSync(path).isDirectory() || realpathSync.native(path) !== path) {
      throw conflict(path, "is not the directory that it was, or a link");
    }
  };
  check();
  return {
    path,
    locate(name) {
      check();
      return path.endsWith(sep) ? path + name : path + sep + name;
    },
    close: () => undefined,
  };
}

function conflict(path: string, problem: string, cause?: unknown): FormatError {
  return new FormatError(
    "DestinationConflict",
    `${JSON.stringify(path)} ${problem}; move it away, or extract somewhere else`,
    { path, cause },
  );
}

/** Depth first, with one held directory for each level, and names through handles: a race cannot lead out of it. */
function removeContent(directory: OpenDirectory, access: DirectoryAccess): void {
  for (const entry of readdirSync(directory.locate("."), { withFileTypes: true })) {
    const path = join(directory.path, entry.name);
    try {
      if (!entry.isDirectory()) {
        unlinkSync(directory.locate(entry.name));
        continue;
      }
      const child = openChild(directory, entry.name, false, access);
      if (child === undefined) continue;
      try {
        removeContent(child, access);
      } finally {
        child.close();
      }
      rmdirSync(directory.locate(entry.name));
    } catch (cause) {
      if (isSystemError(cause, "ENOENT")) continue;
      throw fileSystemError(cause, "remove", path);
    }
  }
}

function pruneContent(
  directory: OpenDirectory,
  access: DirectoryAccess,
  prefix: string,
  kindOf: (path: string) => "file" | "directory" | undefined,
  dryRun: boolean,
): string[] {
  const removed: string[] = [];
  for (const entry of readdirSync(directory.locate("."), { withFileTypes: true })) {
    const path = prefix + entry.name;
    const wanted = kindOf(path);
    try {
      if (!entry.isDirectory()) {
        if (wanted === "file") continue;
        if (!dryRun) unlinkSync(directory.locate(entry.name));
        removed.push(path);
        continue;
      }
      const child = openChild(directory, entry.name, false, access);
      if (child === undefined) continue;
      try {
        // Nothing below a directory that is not wanted is wanted either.
        const below = wanted === "directory" ? kindOf : () => undefined;
        removed.push(...pruneContent(child, access, `${path}/`, below, dryRun));
      } finally {
        child.close();
      }
      if (wanted !== "directory" && !dryRun) rmdirSync(directory.locate(entry.name));
    } catch (cause) {
      // Somebody else removed it, or its name is not UTF-8 and cannot be spelled: it is left alone.
      if (isSystemError(cause, "ENOENT")) continue;
      throw fileSystemError(cause, "remove", join(directory.path, entry.name));
    }
  }
  return removed;
}
