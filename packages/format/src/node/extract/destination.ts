import { isSystemError } from "@blob/core/files";
import { mkdirSync, readdirSync, realpathSync } from "node:fs";

import { fileSystemError } from "../files/file-system-error.js";
import {
  checkDirectory,
  conflict,
  defaultDirectoryAccess,
  holdDirectory,
  openChild,
} from "../files/open-directory.js";
import type { DirectoryAccess, OpenDirectory } from "../files/open-directory.js";
import { removeBelow } from "../files/remove-below.js";
import type { RemoveOptions, WantedTree } from "../files/remove-below.js";

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
  /** Removes all that is in it, but for what is to be kept. Links are removed, not followed. */
  empty(kept?: WantedTree): void;
  /**
   * Removes, or only finds, what is not to be there, and returns the paths of files and links. What has to be a file may
   * also be a link or a special file: whoever writes it replaces it. Links are removed, not followed. What is there under
   * another spelling of its name, to a file system that knows no difference, gets the right one.
   */
  prune(tree: WantedTree, options: RemoveOptions): string[];
  close(): void;
}

/** A directory that is in use until it is released. */
export interface DestinationDirectory {
  /** The path of a file in it, for one call that does not follow a link of this name. */
  locate(name: string): string;
  release(): void;
}

/** So many directories are held although nobody uses them: the ancestors and neighbours of the next file. */
const maxIdleDirectories = 32;

const nothing: WantedTree = { kindOf: () => undefined, otherSpelling: () => undefined };

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

  /** A directory that is removed must not stay held. */
  function letGo(): void {
    for (const { directory } of held.values()) directory.close();
    held.clear();
  }

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
      let child: Held;
      parent.users++;
      try {
        const directory = openChild(parent.directory, name, create, access);
        if (directory === undefined) return undefined;
        child = { directory, users: 0 };
        held.set(parentPath, child);
        evict();
      } finally {
        parent.users--;
      }
      parent = child;
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
    empty(kept = nothing) {
      letGo();
      removeBelow(root.directory, access, kept, { dryRun: false });
    },
    prune(tree, options) {
      letGo();
      return removeBelow(root.directory, access, tree, options);
    },
    close() {
      letGo();
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
