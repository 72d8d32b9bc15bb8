import { isSystemError } from "@blob/core/files";
import { randomBytes } from "node:crypto";
import { linkSync, lstatSync, readdirSync, renameSync, unlinkSync } from "node:fs";

import type { Entry } from "../../entry.js";
import type { Destination, DestinationDirectory } from "./destination.js";
import { fileSystemError } from "../files/file-system-error.js";
import { createTemporaryFile, finishTemporaryFile, lostMode, lostTime } from "../files/temporary-file.js";
import type { FinishedFile, LostFacts, TemporaryFacts } from "../files/temporary-file.js";
import type { FactsNotKept } from "./facts-not-kept.js";
import type { FileWriter, FileWriterOptions } from "./file-writer.js";
import { giveFreeName, noLinks } from "./free-name.js";
import { cloneFile, createPartialFile, forgetPartials } from "./partial-file.js";
import type { Clone } from "./partial-file.js";
import { isPartialName } from "./partial-name.js";
import { createPendingFile } from "./pending-file.js";
import { readTarget } from "./read-target.js";
import { reserveFiles } from "./reserved-files.js";
import { splitTarget, targetConflict } from "./target-path.js";

export function createFileWriter(
  destination: Destination,
  options: FileWriterOptions,
  clone: Clone = cloneFile,
): FileWriter {
  const run = randomBytes(8).toString("hex");
  let files = 0;
  /** Inode numbers of what this writer made. */
  const made = new Set<bigint>();
  /** And of what it linked, which may have had other names here before. */
  const linked = new Set<bigint>();
  /** What had a name before anything was written, and its inode number. */
  const taken = new Map<string, bigint>();
  const notKept: FactsNotKept[] = [];

  /** Nothing when the name is free; else an inode number. Throws when a directory, or a file of this run, has it. */
  function inspect(location: string, target: string): bigint | undefined {
    const stats = lstatSync(location, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) throw targetConflict(target, "is a directory where a file belongs");
    if (made.has(stats.ino) || (linked.has(stats.ino) && !taken.has(target))) {
      throw targetConflict(
        target,
        "is the same file as another of the archive for this file system (upper and lower case?)",
      );
    }
    return stats.ino;
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
    named(path, file);
    return true;
  }

  function named(path: string, file: FinishedFile): void {
    made.add(file.ino);
    if (file.lost !== 0) notKept.push({ path, facts: factsIn(file.lost) });
  }

  function giveName(temporary: string, final: string, target: string): boolean {
    if (!taken.has(target) && giveFreeName(temporary, final)) return true;
    if (inspect(final, target) !== undefined && !options.overwrite) return false;
    renameSync(temporary, final);
    return true;
  }

  /** Of unfinished files, by directory: as they were when the first one was looked for. */
  const partialNames = new Map<string, readonly string[]>();

  function partialsIn(parent: string, directory: DestinationDirectory): readonly string[] {
    const known = partialNames.get(parent);
    if (known !== undefined) return known;
    const found = readdirSync(directory.locate(".")).filter(isPartialName);
    partialNames.set(parent, found);
    return found;
  }

  // Looking for thousands of files where there is nothing would take as long as writing them.
  let names: ReadonlySet<string> | undefined;
  let missing: string | undefined;

  return {
    canReserve: destination.access === "handles",

    isTaken(target) {
      const { parent, name } = splitTarget(target);
      const [first = name] = target.split("/", 1);
      names ??= destination.names();
      if (!names.has(first) || parent === missing) return false;
      const directory = destination.find(parent);
      if (directory === undefined) {
        missing = parent;
        return false;
      }
      try {
        const ino = inspect(directory.locate(name), target);
        if (ino === undefined) return false;
        taken.set(target, ino);
        return true;
      } catch (cause) {
        throw fileSystemError(cause, "look at", target);
      } finally {
        directory.release();
      }
    },

    reserve(target, entry) {
      const { parent, name } = splitTarget(target);
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

    reserveAll(batch) {
      const first = files;
      files += batch.length;
      return reserveFiles(destination, batch, {
        temporary: `.${run}-`,
        first,
        factsOf,
        isTaken: (target) => taken.has(target),
        named,
        isUnsettled(location, target) {
          const ino = inspect(location, target);
          return ino !== undefined && ino !== taken.get(target);
        },
        place,
      });
    },

    canLink: (target) => destination.access === "handles" && options.mayLink && !taken.has(target),

    read: (target) => readTarget(destination, target),

    create(target, entry) {
      const { parent, name } = splitTarget(target);
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

    createPartial(target, entry, base) {
      const { parent, name } = splitTarget(target);
      const directory = destination.make(parent);
      try {
        return createPartialFile({
          clone,
          directory,
          name,
          target,
          size: entry.size,
          facts: factsOf(entry),
          names: partialsIn(parent, directory),
          base,
          place: (location, file) => place(location, directory.locate(name), target, entry.path, file),
        });
      } catch (cause) {
        directory.release();
        throw fileSystemError(cause, "create", target);
      }
    },

    forgetPartials(target) {
      const { parent, name } = splitTarget(target);
      const directory = destination.find(parent);
      if (directory === undefined) return;
      try {
        forgetPartials(directory, name, partialsIn(parent, directory));
      } catch (cause) {
        throw fileSystemError(cause, "look at", target);
      } finally {
        directory.release();
      }
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
