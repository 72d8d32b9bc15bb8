import { isSystemError } from "@blob/core/files";
import { randomBytes } from "node:crypto";
import { closeSync, constants, linkSync, lstatSync, renameSync, unlinkSync } from "node:fs";
import { open as openFile } from "node:fs/promises";

import type { Entry } from "../../entry.js";
import { FormatError } from "../../errors.js";
import type { Destination, DestinationDirectory } from "./destination.js";
import { fileSystemError } from "../files/file-system-error.js";
import {
  createTemporaryFile,
  endAt,
  finishTemporaryFile,
  lostMode,
  lostTime,
  writeFully,
  writeLater,
} from "../files/temporary-file.js";
import type { FinishedFile, LostFacts, TemporaryFacts } from "../files/temporary-file.js";

export interface FileWriterOptions {
  /** Replace what has the name. Otherwise it is left alone. */
  readonly overwrite: boolean;
  readonly preserveMode: boolean;
  readonly preserveTimes: boolean;
}

/** A file that has no name that anybody knows until its content was verified. */
export interface PendingFile {
  /** The whole content. */
  write(content: Uint8Array): void;
  /** The next part of it, on another thread. One call after the other, and none while one is under way. */
  writeLater(chunks: readonly Uint8Array[]): Promise<void>;
  /** Gives the file its name; false when it is left alone because something has the name. */
  commit(): boolean;
  /** Removes the file unless it was committed, and frees its handles. */
  dispose(): void;
}

/** The place of a file that another thread writes, in a directory that is held until it is disposed of. */
export interface ReservedFile {
  /** Where to write it: a name that nobody knows. */
  readonly location: string;
  readonly facts: TemporaryFacts;
  /** Gives the file its name; false as for {@link PendingFile.commit}. */
  commit(file: FinishedFile): boolean;
  /**
   * The same when the file is another name of one that belongs to somebody else; see {@link FileWriter.canLink}. False
   * also when it cannot get its name in this way.
   */
  commitLink(ino: bigint): boolean;
  /** Removes the file unless it was committed, and lets the directory go. Nobody may write to it any more. */
  dispose(): void;
}

/** A file that was written, and does not have all that the archive says of it. */
export interface FactsNotKept {
  /** The archive path. */
  readonly path: string;
  /** What the file system changed or cannot have. */
  readonly facts: readonly ("mode" | "time")[];
}

/** Makes files below a destination. Remembers them, so that two paths that the file system takes for one are noticed. */
export interface FileWriter {
  /**
   * Whether something stands at the place of a file; a directory is an error. To be asked before anything is written:
   * a later answer may be out of date, which {@link PendingFile.commit} notices.
   */
  isTaken(target: string): boolean;
  create(target: string, entry: Entry): PendingFile;
  /** Whether another thread may write: where directories are held. What was only checked may change on the way. */
  readonly canReserve: boolean;
  /** For a writer on another thread. */
  reserve(target: string, entry: Entry): ReservedFile;
  /**
   * Whether a file may be another name of one that belongs to somebody else: it must need no mode and time of its own,
   * and only get a name that was free when {@link isTaken} looked.
   */
  canLink(target: string): boolean;
  /** What has the name now, for those who know what it should be. Throws when it is not a file. */
  read(target: string): AsyncIterable<Uint8Array>;
  /** What files do not have that they were to have, as far as they have their names. */
  readonly notKept: readonly FactsNotKept[];
}

/** A link cannot be made on some file systems (FAT, some network ones), or by some users. */
const noLinks = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV", "EACCES", "EINVAL"];

/** To open a pipe would wait for its other end. */
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const readBytes = 64 * 1024;

export function createFileWriter(destination: Destination, options: FileWriterOptions): FileWriter {
  const run = randomBytes(8).toString("hex");
  let files = 0;
  /** Inode numbers of what this writer made. */
  const made = new Set<bigint>();
  /** And of what it linked, which may have had other names here before. */
  const linked = new Set<bigint>();
  const taken = new Set<string>();
  const notKept: FactsNotKept[] = [];

  /** False when the name is free; throws when a directory, or a file of this run, has it. */
  function inspect(location: string, target: string): boolean {
    const stats = lstatSync(location, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return false;
    if (stats.isDirectory()) throw conflict(target, "is a directory where a file belongs");
    if (made.has(stats.ino) || (linked.has(stats.ino) && !taken.has(target))) {
      throw conflict(
        target,
        "is the same file as another of the archive for this file system (upper and lower case?)",
      );
    }
    return true;
  }

  function factsOf({ mode, mtimeNs }: Entry): TemporaryFacts {
    return {
      mode: options.preserveMode ? mode & 0o777 : undefined,
      mtimeNs: options.preserveTimes ? mtimeNs : undefined,
    };
  }

  /** True when the file has the name now. */
  function place(
    temporary: string,
    final: string,
    target: string,
    path: string,
    file: FinishedFile,
  ): boolean {
    if (!giveName(temporary, final, target)) return false;
    made.add(file.ino);
    if (file.lost !== 0) notKept.push({ path, facts: factsIn(file.lost) });
    return true;
  }

  function giveName(temporary: string, final: string, target: string): boolean {
    if (!options.overwrite) {
      try {
        // Unlike a rename, a link never replaces.
        linkSync(temporary, final);
        unlinkSync(temporary);
        return true;
      } catch (cause) {
        if (!isSystemError(cause, "EEXIST", ...noLinks)) throw cause;
      }
      if (inspect(final, target)) return false;
    } else {
      inspect(final, target);
    }
    renameSync(temporary, final);
    return true;
  }

  // Looking for thousands of files where there is nothing would take as long as writing them.
  let names: ReadonlySet<string> | undefined;
  let missing: string | undefined;

  return {
    canReserve: destination.access === "handles",

    isTaken(target) {
      const { parent, name } = split(target);
      const [first = name] = target.split("/", 1);
      names ??= destination.names();
      if (!names.has(first) || parent === missing) return false;
      const directory = destination.find(parent);
      if (directory === undefined) {
        missing = parent;
        return false;
      }
      try {
        if (!inspect(directory.locate(name), target)) return false;
        taken.add(target);
        return true;
      } catch (cause) {
        throw fileSystemError(cause, "look at", target);
      } finally {
        directory.release();
      }
    },

    reserve(target, entry) {
      const { parent, name } = split(target);
      const directory = destination.make(parent);
      const temporary = `.${run}-${files++}.tmp`;
      let isNamed = false;
      return {
        location: directory.locate(temporary),
        facts: factsOf(entry),
        commit(file) {
          try {
            isNamed = place(directory.locate(temporary), directory.locate(name), target, entry.path, file);
            return isNamed;
          } catch (cause) {
            throw fileSystemError(cause, "create", target);
          }
        },
        commitLink(ino) {
          try {
            // Unlike a rename, which does nothing between two names of one file.
            linkSync(directory.locate(temporary), directory.locate(name));
            linked.add(ino);
            return true;
          } catch (cause) {
            if (isSystemError(cause, "EEXIST", ...noLinks)) return false;
            throw fileSystemError(cause, "create", target);
          }
        },
        dispose() {
          try {
            if (!isNamed) unlinkSync(directory.locate(temporary));
          } catch {
            // It was never made, or somebody else removed it: there is nothing to clean up.
          } finally {
            directory.release();
          }
        },
      };
    },

    canLink: (target) =>
      destination.access === "handles" &&
      !options.preserveMode &&
      !options.preserveTimes &&
      !taken.has(target),

    async *read(target) {
      const { parent, name } = split(target);
      const directory = destination.find(parent);
      if (directory === undefined) throw conflict(target, "is gone");
      const handle = await openFile(directory.locate(name), readFlags).finally(() => directory.release());
      try {
        const stats = await handle.stat();
        if (!stats.isFile()) throw conflict(target, "is not a file any more");
        for (;;) {
          const buffer = new Uint8Array(Math.min(readBytes, stats.size + 1));
          const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
          if (bytesRead === 0) return;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle.close();
      }
    },

    create(target, entry) {
      const { parent, name } = split(target);
      const directory = destination.make(parent);
      const temporary = `.${run}-${files++}.tmp`;
      let handle: number;
      try {
        handle = createTemporaryFile(directory.locate(temporary), factsOf(entry));
      } catch (cause) {
        directory.release();
        throw fileSystemError(cause, "create", target);
      }
      return createPendingFile(handle, target, directory, temporary, {
        finish: () => finishTemporaryFile(handle, factsOf(entry)),
        place: (file) => place(directory.locate(temporary), directory.locate(name), target, entry.path, file),
      });
    },

    notKept,
  };
}

function factsIn(lost: LostFacts): FactsNotKept["facts"] {
  return [
    ...((lost & lostMode) === 0 ? [] : (["mode"] as const)),
    ...((lost & lostTime) === 0 ? [] : (["time"] as const)),
  ];
}

/** Wraps errors, and frees what there is to free, whatever happens. */
function createPendingFile(
  handle: number,
  target: string,
  directory: DestinationDirectory,
  temporary: string,
  file: { readonly finish: () => FinishedFile; readonly place: (file: FinishedFile) => boolean },
): PendingFile {
  let size = 0;
  let exists = true;
  let isOpen = true;
  let isDisposed = false;
  const close = (): void => {
    isOpen = false;
    closeSync(handle);
  };
  return {
    write(content) {
      try {
        writeFully(handle, content);
      } catch (cause) {
        throw fileSystemError(cause, "write", target);
      }
    },
    async writeLater(chunks) {
      const position = size;
      for (const { length } of chunks) size += length;
      try {
        await writeLater(handle, position, chunks);
      } catch (cause) {
        throw fileSystemError(cause, "write", target);
      }
    },
    commit() {
      try {
        if (size > 0) endAt(handle, size);
        const finished = file.finish();
        // Some file systems only say here that there was no room.
        close();
        const placed = file.place(finished);
        exists = !placed;
        return placed;
      } catch (cause) {
        throw fileSystemError(cause, "create", target);
      }
    },
    dispose() {
      if (isDisposed) return;
      isDisposed = true;
      try {
        if (isOpen) close();
        if (exists) unlinkSync(directory.locate(temporary));
      } catch {
        // Somebody else removed it, or its directory, or what could not be closed was not to be kept.
      } finally {
        directory.release();
      }
    },
  };
}

/** The directory of a path, and the name in it. */
export function split(target: string): { readonly parent: string; readonly name: string } {
  const slash = target.lastIndexOf("/");
  return { parent: target.slice(0, Math.max(0, slash)), name: target.slice(slash + 1) };
}

function conflict(target: string, problem: string): FormatError {
  return new FormatError("DestinationConflict", `${JSON.stringify(target)} ${problem}`, { path: target });
}
