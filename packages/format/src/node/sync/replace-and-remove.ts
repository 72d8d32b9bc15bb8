import { randomBytes } from "node:crypto";
import { lstatSync, readdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { nextTurn } from "@blob/core/concurrency";

import type { Archive } from "../../archive.js";
import { comparePaths } from "../../paths/compare-bytes.js";
import { FormatError, isFormatError } from "../../errors.js";
import { createFileWriter } from "../extract/destination-file.js";
import { splitTarget } from "../extract/target-path.js";
import type { FactsNotKept } from "../extract/facts-not-kept.js";
import type { Destination, DestinationDirectory } from "../extract/destination.js";
import { extractInto } from "../extract/extract.js";
import type { ExtractIntoOptions } from "../extract/extract.js";
import { fileSystemError } from "../files/file-system-error.js";
import { wantedTree } from "./wanted-tree.js";

/** What was removed, in the order of the paths' bytes, and what the written files do not have. */
export interface Replaced {
  readonly deleted: readonly string[];
  readonly notKept: readonly FactsNotKept[];
}

/**
 * Writes files of an archive to a directory, and removes all that the archive does not have: nothing before everything
 * was fetched and verified. A file that something stands in the way of, which has to go first, waits in a directory of
 * its own until then.
 */
export async function replaceAndRemove(
  archive: Archive,
  destination: Destination,
  paths: readonly string[],
  options: Omit<ExtractIntoOptions, "paths" | "target">,
): Promise<Replaced> {
  const waiting = await blockedPaths(destination, paths, options.signal);
  const room = `.${randomBytes(8).toString("hex")}.tmp`;
  const target = ({ path }: { readonly path: string }): string => {
    const number = waiting.get(path);
    return number === undefined ? path : `${room}/${number}`;
  };
  try {
    const { notKept } = await extractInto(archive, destination, { ...options, paths, target });
    const wanted = wantedTree(archive);
    const kindOf = (path: string): ReturnType<typeof wanted.kindOf> =>
      path === room ? "directory" : path.startsWith(`${room}/`) ? "file" : wanted.kindOf(path);
    const deleted = destination.prune({ ...wanted, kindOf }, { dryRun: false });
    moveAll(destination, room, waiting);
    return { deleted: deleted.toSorted(comparePaths), notKept };
  } finally {
    if (waiting.size > 0) removeRoom(destination, room);
  }
}

/** So many files are looked at before other work of the process gets a turn: some milliseconds. */
const filesPerTurn = 1000;

/** The files that cannot be written now, with a number each: a directory has the name, or something has that of one. */
async function blockedPaths(
  destination: Destination,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, number>> {
  const writer = createFileWriter(destination, {
    overwrite: true,
    preserveMode: false,
    preserveTimes: false,
    mayLink: false,
  });
  const blocked = new Map<string, number>();
  for (const [index, path] of paths.entries()) {
    if (index % filesPerTurn === filesPerTurn - 1) {
      await nextTurn();
      signal?.throwIfAborted();
    }
    try {
      writer.isTaken(path);
    } catch (error) {
      if (!isFormatError(error) || error.code !== "DestinationConflict") throw error;
      blocked.set(path, blocked.size);
    }
  }
  return blocked;
}

/** Gives files that waited their names. */
function moveAll(destination: Destination, room: string, waiting: ReadonlyMap<string, number>): void {
  const moved = new Set<bigint>();
  for (const [path, number] of waiting) {
    const { parent, name } = splitTarget(path);
    const from = destination.make(room);
    let to: DestinationDirectory | undefined;
    try {
      to = destination.make(parent);
      const final = to.locate(name);
      const before = lstatSync(final, { bigint: true, throwIfNoEntry: false });
      if (before !== undefined && moved.has(before.ino)) {
        throw new FormatError(
          "DestinationConflict",
          `${JSON.stringify(path)} is the same file as another of the archive for this file system (upper and lower case?)`,
          { path },
        );
      }
      renameSync(from.locate(String(number)), final);
      moved.add(lstatSync(final, { bigint: true }).ino);
    } catch (cause) {
      throw fileSystemError(cause, "create", path);
    } finally {
      to?.release();
      from.release();
    }
  }
}

/** The directory, with what a failure left in it: files, and the beginnings of large ones, which nobody would find there. */
function removeRoom(destination: Destination, room: string): void {
  try {
    const directory = destination.find(room);
    if (directory === undefined) return;
    try {
      for (const name of readdirSync(directory.locate("."))) remove(() => unlinkSync(directory.locate(name)));
    } finally {
      directory.release();
    }
    const root = destination.make("");
    remove(() => rmdirSync(root.locate(room)));
    root.release();
  } catch {
    // What ended the sync is what has to be told, and the next one removes the directory.
  }
}

function remove(action: () => void): void {
  try {
    action();
  } catch {
    // It is gone by now, or was never made.
  }
}
