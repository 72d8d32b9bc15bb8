import { isSystemError } from "@blob/core/files";
import { closeSync, constants, existsSync, lstatSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { sep } from "node:path";

import { FormatError } from "../../errors.js";
import { fileSystemError } from "./file-system-error.js";

/** How directories are held. */
export type DirectoryAccess = "handles" | "checked-paths";

/** What is open, by the number of its handle: of this process, on whichever of its threads. */
export const handlePath = "/proc/self/fd/";

/** To open a directory, and no link to one. */
export const directoryFlags: number =
  constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** What this system offers. */
export function defaultDirectoryAccess(): DirectoryAccess {
  return process.platform === "linux" && existsSync(handlePath) ? "handles" : "checked-paths";
}

/** Whether a path is that of a directory, and no link is on the way. Throws when nothing has the name. */
export function isRealDirectory(path: string): boolean {
  return lstatSync(path).isDirectory() && realpathSync.native(path) === path;
}

/** A directory below which files are written, however it is held. */
export interface OpenDirectory {
  /** Where it is, for messages. */
  readonly path: string;
  locate(name: string): string;
  close(): void;
}

/** The path of what has this name, which need not be UTF-8. */
export function locateBytes(directory: OpenDirectory, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(directory.locate("")), name]);
}

/**
 * The directory of this name, without following a link; nothing when it does not exist and is not to be made. A name
 * that is not UTF-8 has to be spelled by its bytes.
 */
export function openChild(
  parent: OpenDirectory,
  name: string,
  create: boolean,
  access: DirectoryAccess,
  spelled?: Buffer,
): OpenDirectory | undefined {
  // Not normalised anew at each of many levels: both are.
  const path = (parent.path.endsWith(sep) ? parent.path : parent.path + sep) + name;
  try {
    const location = spelled === undefined ? parent.locate(name) : locateBytes(parent, spelled);
    if (create) makeDirectory(location);
    return access === "handles" ? holdDirectory(location, path) : checkDirectory(path);
  } catch (cause) {
    if (!create && isSystemError(cause, "ENOENT")) return undefined;
    if (isSystemError(cause, "ENOTDIR", "ELOOP")) throw conflict(path, "is in the way of a directory", cause);
    throw fileSystemError(cause, "open directory", path);
  }
}

function makeDirectory(location: string | Buffer): void {
  try {
    mkdirSync(location);
  } catch (cause) {
    if (!isSystemError(cause, "EEXIST")) throw cause;
  }
}

/** Keeps a directory open. */
export function holdDirectory(location: string | Buffer, path: string): OpenDirectory {
  const handle = openSync(location, directoryFlags);
  return { path, locate: (name) => `${handlePath}${handle}/${name}`, close: () => closeSync(handle) };
}

/** Looks at a directory before each use. */
export function checkDirectory(path: string): OpenDirectory {
  const check = (): void => {
    if (!isRealDirectory(path)) throw conflict(path, "is not the directory that it was, or a link");
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

/** The error for something that is in the way. */
export function conflict(path: string, problem: string, cause?: unknown): FormatError {
  return new FormatError(
    "DestinationConflict",
    `${JSON.stringify(path)} ${problem}; move it away, or extract somewhere else`,
    { path, cause },
  );
}
