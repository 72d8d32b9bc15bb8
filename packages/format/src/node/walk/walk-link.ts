import { isSystemError } from "@blob/core/files";
import { lstatSync, realpathSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { relative, sep } from "node:path";

import { fileSystemError } from "../files/file-system-error.js";
import type { FoundDirectory } from "./found-files.js";
import { directoryChanged, openSourceBelow } from "./source-directory.js";
import type { SourceDirectory, SourceRoot } from "./source-directory.js";
import type { SkipReason } from "./walk-options.js";

/** What a symbolic link leads to: a file, or a directory, below the root. */
export interface FollowedLink {
  /** Without links. */
  readonly target: string;
  /** The directory, or the one that the file is in. */
  readonly directory: FoundDirectory;
  /** The file's name in it. */
  readonly name: string;
  readonly stats: BigIntStats;
}

/**
 * Follows a link, or says why it is not followed. What it led to a moment ago is looked at from the root on, without
 * following links that may have come since. `path` is the link's archive path, for errors: `FileChanged`, `FileSystem`.
 */
export function followLink(root: SourceRoot, location: string, path: string): FollowedLink | SkipReason {
  let target: string;
  try {
    target = realpathSync.native(location);
  } catch (cause) {
    if (isSystemError(cause, "ENOENT", "ENOTDIR", "ELOOP")) return "link-broken";
    throw fileSystemError(cause, "follow link", path);
  }
  if (!isInside(root.path, target)) return "link-outside";
  const source = relative(root.path, target).replaceAll(sep, "/");
  const name = source.slice(source.lastIndexOf("/") + 1);
  const above = source.slice(0, source.length - name.length);
  let parent: SourceDirectory | undefined;
  try {
    parent = openSourceBelow(root, above, path);
    const stats = lstatSync(parent.locate(name), { bigint: true });
    if (!parent.isStill() || stats.isSymbolicLink()) throw directoryChanged(path);
    if (stats.isDirectory()) {
      const directory = { source: source === "" ? "" : `${source}/`, dev: stats.dev, ino: stats.ino };
      return { target, directory, name, stats };
    }
    if (!stats.isFile()) return "special-file";
    const { dev, ino } = parent.identify();
    return { target, directory: { source: above, dev, ino }, name, stats };
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) return "link-broken";
    throw fileSystemError(cause, "follow link", path);
  } finally {
    parent?.close();
  }
}

/** Whether a path is that of a directory, or below it. */
export function isInside(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}
