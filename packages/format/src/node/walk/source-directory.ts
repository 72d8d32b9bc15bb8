import { isSystemError } from "@blob/core/files";
import { closeSync, fstatSync, lstatSync, openSync, readlinkSync } from "node:fs";
import { sep } from "node:path";

import type { FormatError } from "../../errors.js";
import { directoryFlags, handlePath, isRealDirectory } from "../files/open-directory.js";
import type { DirectoryAccess } from "../files/open-directory.js";
import { fileChanged } from "./read-small-file.js";

/** Which directory it is, whatever name it has. */
export interface DirectoryIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * The directory that is read. Threads can be told: handles are the process's. It may not be closed while anybody reads,
 * as the system gives its number to what is opened next.
 */
export interface SourceRoot extends DirectoryIdentity {
  /** Without symbolic links. */
  readonly path: string;
  /** Nothing where directories cannot be named by their handles. */
  readonly handle: number | undefined;
  /** What the numbers of handles are appended to. */
  readonly handles: string;
}

/**
 * A directory that files are read from: the root, or what was opened in another one without following a link. Where
 * there are handles, it stays the same whatever happens to its name and to those above it. Elsewhere its path is looked
 * at before it is used and, with `isStill`, afterwards.
 */
export interface SourceDirectory {
  identify(): DirectoryIdentity;
  /** Opens the directory of this name; nothing when a link is there. Other errors are the system's. */
  open(name: string): SourceDirectory | undefined;
  /** The path of what has this name, for a call that does not follow a link of this name. */
  locate(name: string): string;
  /** False when what was read since it was opened may have been another directory's. Always true by handle. */
  isStill(): boolean;
  close(): void;
}

/** The errors are the system's. */
export function openSourceRoot(path: string, access: DirectoryAccess): SourceRoot {
  if (access === "checked-paths") {
    const { dev, ino } = lstatSync(path, { bigint: true });
    return { path, handle: undefined, handles: "", dev, ino };
  }
  const handle = openSync(path, directoryFlags);
  try {
    const { dev, ino } = fstatSync(handle, { bigint: true });
    return { path, handle, handles: ownHandles(), dev, ino };
  } catch (cause) {
    closeSync(handle);
    throw cause;
  }
}

export function closeSourceRoot({ handle }: SourceRoot): void {
  if (handle !== undefined) closeSync(handle);
}

/** The root as a directory. Closing this one does nothing. */
export function rootDirectory(root: SourceRoot): SourceDirectory {
  if (root.handle === undefined) return byPath(root.path, root);
  return { ...byHandle(root.handle, root.handles), close: () => undefined };
}

/**
 * The directory of this name. `FileChanged`, which names `path`, when there is none any more or only a link to one. Other
 * errors are the system's.
 */
export function openSourceChild(parent: SourceDirectory, name: string, path: string): SourceDirectory {
  let directory: SourceDirectory | undefined;
  try {
    directory = parent.open(name);
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) throw fileChanged(path, "disappeared", cause);
    if (isSystemError(cause, "ENOTDIR", "ELOOP")) throw directoryChanged(path, cause);
    throw cause;
  }
  if (directory === undefined) throw directoryChanged(path);
  return directory;
}

/** The directory of a path below the root, as {@link openSourceChild} gives each on the way. */
export function openSourceBelow(root: SourceRoot, source: string, path: string): SourceDirectory {
  let directory = rootDirectory(root);
  for (const name of source.split("/")) {
    if (name === "") continue;
    try {
      const child = openSourceChild(directory, name, path);
      directory.close();
      directory = child;
    } catch (cause) {
      directory.close();
      throw cause;
    }
  }
  return directory;
}

export function isSameDirectory(a: DirectoryIdentity, b: DirectoryIdentity): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/** The error for what is not where it was listed: whatever is there now is not read. */
export function directoryChanged(path: string, cause?: unknown): FormatError {
  return fileChanged(path, "was moved or replaced, or a directory above it was,", cause);
}

/**
 * The process by its number, as the system that shows `/proc` counts: a fifth of what it takes to name a file by a handle
 * is to find out who `self` is.
 */
function ownHandles(): string {
  const self = readlinkSync("/proc/self");
  return /^[0-9]+$/.test(self) ? `/proc/${self}/fd/` : handlePath;
}

function byHandle(handle: number, handles: string): SourceDirectory {
  const base = `${handles}${handle}/`;
  return {
    identify: () => fstatSync(handle, { bigint: true }),
    open: (name) => byHandle(openSync(base + name, directoryFlags), handles),
    locate: (name) => base + name,
    isStill: () => true,
    close: () => closeSync(handle),
  };
}

function byPath(path: string, identity: DirectoryIdentity): SourceDirectory {
  const base = path.endsWith(sep) ? path : path + sep;
  return {
    identify: () => identity,
    open(name) {
      const child = base + name;
      return isRealDirectory(child) ? byPath(child, lstatSync(child, { bigint: true })) : undefined;
    },
    locate: (name) => base + name,
    isStill() {
      try {
        return isRealDirectory(path) && isSameDirectory(lstatSync(path, { bigint: true }), identity);
      } catch (cause) {
        if (isSystemError(cause, "ENOENT", "ENOTDIR", "ELOOP")) return false;
        throw cause;
      }
    },
    close: () => undefined,
  };
}
