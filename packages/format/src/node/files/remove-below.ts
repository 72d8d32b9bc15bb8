import { isSystemError } from "@blob/core/files";
import { isUtf8 } from "node:buffer";
import { lstatSync, readdirSync, renameSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import type { Dirent } from "node:fs";
import { join } from "node:path";

import { fileSystemError } from "./file-system-error.js";
import { conflict, holdDirectory, locateBytes, openChild } from "./open-directory.js";
import type { DirectoryAccess, OpenDirectory } from "./open-directory.js";

/** What is to be below a directory. */
export interface WantedTree {
  /** What is to be at a path, if anything. */
  kindOf(path: string): "file" | "directory" | undefined;
  /** The path that differs from this one in case and Unicode form only, if one is wanted. */
  otherSpelling(path: string): string | undefined;
}

export interface RemoveOptions {
  /** Only find it. */
  readonly dryRun: boolean;
}

/** Handles are few: directories further up are opened again, from below, when their turn comes. */
const maxHeldLevels = 256;

/** A directory whose content is gone through. */
interface Level {
  /** Of a level far up, whose handle was let go, which directory it was. */
  directory: OpenDirectory | { readonly path: string; readonly identity: string };
  /** Its path with a slash at its end; the root's is empty. */
  readonly prefix: string;
  /** Its name in the level above. */
  readonly name: Buffer;
  readonly isWanted: boolean;
  readonly entries: readonly Dirent<Buffer>[];
  next: number;
}

/**
 * Removes what is not wanted below a directory, and returns the paths of files and links. Depth first, with the last
 * levels held, and names through handles: a race cannot lead out of it. Links are removed, not followed.
 * Names that are not UTF-8 are never wanted, and are returned with U+FFFD. Not by recursion: a stack has room for fewer
 * levels than a file system.
 */
export function removeBelow(
  root: OpenDirectory,
  access: DirectoryAccess,
  tree: WantedTree,
  { dryRun }: RemoveOptions,
): string[] {
  const removed: string[] = [];
  const levels: Level[] = [];

  function enter(directory: OpenDirectory, prefix: string, name: Buffer, isWanted: boolean): void {
    try {
      const entries = readdirSync(directory.locate("."), { withFileTypes: true, encoding: "buffer" });
      levels.push({ directory, prefix, name, isWanted, entries, next: 0 });
      const far = levels[levels.length - 1 - maxHeldLevels];
      if (far !== undefined && access === "handles") letGo(far);
    } catch (cause) {
      if (directory !== root) directory.close();
      throw cause;
    }
  }

  function letGo(level: Level): void {
    const { directory } = level;
    if (directory === root || !("locate" in directory)) return;
    level.directory = { path: directory.path, identity: identityOf(directory) };
    directory.close();
  }

  /** The directory of the innermost level. It is held: one above it is opened again when what is in it is left. */
  function current(): OpenDirectory {
    const directory = levels.at(-1)?.directory ?? root;
    if (!("locate" in directory)) throw new TypeError("A directory was let go while it was in use");
    return directory;
  }

  /** Opens what a directory is in. Somebody may have moved it: then that is another directory. */
  function holdAbove(below: OpenDirectory): void {
    const level = levels.at(-2);
    if (level === undefined || "locate" in level.directory) return;
    const { path, identity } = level.directory;
    const directory = holdDirectory(below.locate(".."), path);
    level.directory = directory;
    if (identityOf(directory) !== identity) throw conflict(path, "was moved while it was gone through");
  }

  function leave({ name, isWanted }: Level): void {
    const directory = current();
    try {
      holdAbove(directory);
    } catch (cause) {
      throw fileSystemError(cause, "remove", directory.path);
    }
    levels.pop();
    if (directory === root) return;
    directory.close();
    if (!isWanted && !dryRun) at(name, (parent) => rmdirSync(locateBytes(parent, name)));
  }

  /** Does something with what has this name in the directory that we are in. */
  function at(name: Buffer, action: (parent: OpenDirectory) => void): void {
    const parent = current();
    try {
      action(parent);
    } catch (cause) {
      // Somebody else removed it.
      if (isSystemError(cause, "ENOENT")) return;
      throw fileSystemError(cause, "remove", join(parent.path, name.toString()));
    }
  }

  function look(level: Level, entry: Dirent<Buffer>): void {
    const { prefix, isWanted } = level;
    // Nothing below a directory that is not wanted is wanted either.
    const isNamed = isWanted && isUtf8(entry.name);
    let name = entry.name;
    let path = prefix + name.toString();
    if (isNamed && tree.kindOf(path) === undefined) {
      const spelling = tree.otherSpelling(path);
      const other = Buffer.from(spelling?.slice(prefix.length) ?? "");
      if (spelling?.startsWith(prefix) === true && isSameName(current(), level.entries, name, other)) {
        if (!dryRun) at(name, (parent) => renameSync(locateBytes(parent, name), locateBytes(parent, other)));
        [name, path] = [other, spelling];
      }
    }
    const wanted = isNamed ? tree.kindOf(path) : undefined;
    at(name, (parent) => {
      if (entry.isDirectory()) {
        const child = openChild(parent, name.toString(), false, access, name);
        if (child !== undefined) enter(child, `${path}/`, name, wanted === "directory");
        return;
      }
      if (wanted === "file") return;
      if (!dryRun) unlinkSync(locateBytes(parent, name));
      removed.push(path);
    });
  }

  try {
    enter(root, "", Buffer.alloc(0), true);
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const entry = level.entries[level.next++];
      if (entry === undefined) leave(level);
      else look(level, entry);
    }
    return removed;
  } finally {
    for (const { directory } of levels) if (directory !== root && "locate" in directory) directory.close();
  }
}

/**
 * Whether a file system that does not tell such names apart has one file for both: what was just written may have the
 * old name. Elsewhere the other name is free, or one of its own.
 */
function isSameName(
  directory: OpenDirectory,
  entries: readonly Dirent<Buffer>[],
  name: Buffer,
  other: Buffer,
): boolean {
  if (entries.some((entry) => entry.name.equals(other))) return false;
  const [a, b] = [name, other].map((one) =>
    lstatSync(locateBytes(directory, one), { bigint: true, throwIfNoEntry: false }),
  );
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}

function identityOf(directory: OpenDirectory): string {
  const { dev, ino } = statSync(directory.locate("."), { bigint: true });
  return `${dev}:${ino}`;
}
