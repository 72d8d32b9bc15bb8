import type { BigIntStats } from "node:fs";
import { lstat, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { readAt } from "../files/read-at.js";
import type { FilePlace } from "../walk/found-files.js";
import { checkUnchanged, factsOf, fileChanged, openError, readFlags } from "../walk/read-small-file.js";
import type { ChangeDetection } from "../walk/read-small-file.js";
import { SourceDirectories } from "../walk/source-directories.js";
import { createLargeFile } from "./large-file.js";
import type { LargeFile } from "./large-file.js";

/** Opens a file that was found below a directory. `FileChanged`, `FileSystem`. The caller closes it. */
export async function openFoundFile(place: FilePlace, changeDetection: ChangeDetection): Promise<LargeFile> {
  const { root, directory, name, path } = place;
  const sources = new SourceDirectories(root);
  try {
    const location = sources.locate(directory, name, path);
    return await openLargeFile(location, path, changeDetection, sources);
  } catch (cause) {
    sources.close();
    throw cause;
  }
}

/** The same for whoever reads its ranges in any order. The caller closes the handle. */
export async function openFoundHandle(place: FilePlace): Promise<FileHandle> {
  const { root, directory, name, path } = place;
  const sources = new SourceDirectories(root);
  try {
    return (await openRegularFile(sources.locate(directory, name, path), path, sources)).handle;
  } finally {
    sources.close();
  }
}

/** What a file was found through. */
interface Surroundings {
  /** Throws when what was opened may be something else. */
  check(): void;
  close(): void;
}

const noSurroundings: Surroundings = { check: () => undefined, close: () => undefined };

/** Opens what is at a place, and is archived at `path`. What it was found through is open for as long as the file. */
export async function openLargeFile(
  location: string,
  path: string,
  changeDetection: ChangeDetection,
  surroundings: Surroundings = noSurroundings,
): Promise<LargeFile> {
  const { handle, stats } = await openRegularFile(location, path, surroundings);
  return createOpenedFile({ handle, stats, location, surroundings, path }, changeDetection);
}

async function openRegularFile(
  location: string,
  path: string,
  surroundings: Surroundings,
): Promise<Pick<OpenedFile, "handle" | "stats">> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(location, readFlags);
    const stats = await handle.stat({ bigint: true });
    surroundings.check();
    if (!stats.isFile()) throw fileChanged(path, "stopped being a regular file");
    return { handle, stats };
  } catch (cause) {
    await handle?.close();
    throw openError(cause, path);
  }
}

interface OpenedFile {
  readonly handle: FileHandle;
  /** When it was opened. */
  readonly stats: BigIntStats;
  readonly location: string;
  /** Open for as long as the location is used. */
  readonly surroundings: Surroundings;
  /** For messages. */
  readonly path: string;
}

function createOpenedFile(
  { handle, stats, location, surroundings, path }: OpenedFile,
  changeDetection: ChangeDetection,
): LargeFile {
  async function named<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw openError(cause, path);
    }
  }

  return createLargeFile({
    size: Number(stats.size),
    facts: factsOf(stats),
    read: (target, position) => named(() => readAt(handle, target, position)),
    async check(bytesRead) {
      if (changeDetection !== "strict") return;
      await named(async () => {
        checkUnchanged(path, stats, await handle.stat({ bigint: true }), bytesRead);
        checkUnchanged(path, stats, await lstat(location, { bigint: true }), bytesRead);
      });
    },
    async close() {
      surroundings.close();
      await handle.close();
    },
  });
}
