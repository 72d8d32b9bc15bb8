import { posix } from "node:path";

import type { Archive } from "../../archive.js";
import type { DirectoryEntry } from "../../entry.js";
import { nextTurn } from "@blob/core/concurrency";
import { findPath } from "./archive-paths.js";
import { ArchiveDirent } from "./archive-stats.js";
import { encodeName, encodingOf } from "./file-options.js";
import { nodeError } from "./node-error.js";

/** Options of `readdir`. */
export type ReadDirectoryOptions =
  | string
  | {
      readonly encoding?: string | null | undefined;
      /** `Dirent`s instead of names. */
      readonly withFileTypes?: boolean | undefined;
      /** Also what is further below: names are then paths from the directory on. */
      readonly recursive?: boolean | undefined;
    }
  | null
  | undefined;

/** What is in a directory: names, or with types. */
export type DirectoryNames = (string | Buffer)[] | ArchiveDirent[];

/** So many entries are made before others get a turn: a few milliseconds. */
const entriesPerTurn = 4096;

/** `readdir`: names in the order of their bytes. */
export async function readDirectory(
  archive: Archive,
  path: unknown,
  options: ReadDirectoryOptions,
): Promise<DirectoryNames> {
  const entries: Child[] = [];
  let untilTurn = entriesPerTurn;
  for (const child of childrenOf(archive, path, options)) {
    entries.push(child);
    if (--untilTurn > 0) continue;
    untilTurn = entriesPerTurn;
    await nextTurn();
  }
  return asAskedFor(entries, options);
}

/** The same at once: listing reads no content. */
export function readDirectorySync(
  archive: Archive,
  path: unknown,
  options: ReadDirectoryOptions,
): DirectoryNames {
  return asAskedFor([...childrenOf(archive, path, options)], options);
}

interface Child {
  /** From the directory on that was asked for. */
  readonly path: string;
  readonly name: string;
  readonly kind: DirectoryEntry["kind"];
  /** Of the directory that it is in, as the caller spelled it. */
  readonly parentPath: string;
}

function* childrenOf(
  archive: Archive,
  path: unknown,
  options: ReadDirectoryOptions,
): Generator<Child, void, undefined> {
  const { given, absolute, found } = findPath(archive, path, "scandir");
  if (found.kind === "file") throw nodeError("ENOTDIR", "scandir", given);
  const isRecursive = typeof options === "object" && options?.recursive === true;
  const waiting = [""];
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    const directory = posix.join(absolute, below).slice(1);
    const parentPath = below === "" ? given : posix.join(given, below);
    for (const { name, kind } of archive.readDirectory(directory)) {
      const child = below === "" ? name : `${below}/${name}`;
      if (isRecursive && kind === "directory") waiting.push(child);
      yield { path: child, name, kind, parentPath };
    }
  }
}

function asAskedFor(children: readonly Child[], options: ReadDirectoryOptions): DirectoryNames {
  const encoding = encodingOf(options);
  return typeof options === "object" && options?.withFileTypes === true
    ? children.map(
        ({ name, kind, parentPath }) => new ArchiveDirent(kind, encodeName(name, encoding), parentPath),
      )
    : children.map((child) => encodeName(child.path, encoding));
}
