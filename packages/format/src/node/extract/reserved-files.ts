import { unlinkSync } from "node:fs";

import type { Entry } from "../../entry.js";
import type { Destination, DestinationDirectory } from "./destination.js";
import { systemMode, temporaryName } from "./extract-batch.js";
import type { BatchPlaces, WrittenBatch } from "./extract-batch.js";
import type { Extraction } from "./extract-options.js";
import type { ReservedFiles } from "./file-writer.js";
import type { FinishedFile, TemporaryFacts } from "../files/temporary-file.js";
import { fileSystemError } from "../files/file-system-error.js";
import { splitTarget } from "./target-path.js";

/** What the writer of the files knows and does. */
export interface Naming {
  /** Temporary names begin with it. */
  readonly temporary: string;
  readonly first: number;
  factsOf(entry: Entry): TemporaryFacts;
  /** Whether something had the name before anything was written. */
  isTaken(target: string): boolean;
  /** Notes a file that has its name. */
  named(path: string, file: FinishedFile): void;
  /** Whether something has the name that may be a file of this run which nobody has noted yet. */
  isUnsettled(location: string, target: string): boolean;
  /** Gives a file its name; false when something has it that is to be left alone. */
  place(temporary: string, final: string, target: string, path: string, file: FinishedFile): boolean;
}

/** Makes and holds the directories of files that another thread writes. */
export function reserveFiles(
  destination: Destination,
  files: readonly Extraction[],
  naming: Naming,
): ReservedFiles {
  const held: DestinationDirectory[] = [];
  try {
    return reserve(destination, files, naming, held);
  } catch (cause) {
    for (const directory of held) directory.release();
    throw cause;
  }
}

function reserve(
  destination: Destination,
  files: readonly Extraction[],
  naming: Naming,
  held: DestinationDirectory[],
): ReservedFiles {
  const { temporary, first } = naming;
  const directory = new Uint16Array(files.length);
  const modes = new Int16Array(files.length);
  const taken = new Uint8Array(files.length);
  let times: BigInt64Array | undefined;
  const known = new Map<string, number>();
  for (const [index, { entry, target }] of files.entries()) {
    const { parent } = splitTarget(target);
    const place = known.get(parent) ?? held.push(destination.make(parent)) - 1;
    known.set(parent, place);
    directory[index] = place;
    const { mode, mtimeNs } = naming.factsOf(entry);
    modes[index] = mode ?? systemMode;
    if (mtimeNs !== undefined) (times ??= new BigInt64Array(files.length))[index] = mtimeNs;
    if (naming.isTaken(target)) taken[index] = 1;
  }
  const places: BatchPlaces = {
    targets: files.map(({ target }) => target),
    directories: held.map((one) => one.locate("")),
    directory,
    temporary,
    first,
    modes,
    times,
    taken,
  };
  /** Files that may have temporary names. */
  const unnamed = new Set(files.keys());

  const directoryOf = (index: number): string => places.directories[directory[index] ?? 0] ?? "";

  return {
    places,
    async commit({ inodes, lost, isNamed }: WrittenBatch, settled) {
      const finished = (index: number): FinishedFile => ({
        ino: inodes[index] ?? 0n,
        lost: lost[index] ?? 0,
      });
      for (const [index, { entry }] of files.entries()) {
        if (isNamed[index] !== 1) continue;
        unnamed.delete(index);
        naming.named(entry.path, finished(index));
      }
      const written = files.map((_, index) => isNamed[index] === 1);
      for (const index of unnamed) {
        const file = files[index];
        if (file === undefined) continue;
        const { entry, target } = file;
        const final = directoryOf(index) + splitTarget(target).name;
        try {
          if (naming.isUnsettled(final, target)) await settled();
          const location = directoryOf(index) + temporaryName(places, index);
          if (!naming.place(location, final, target, entry.path, finished(index))) continue;
          unnamed.delete(index);
          written[index] = true;
        } catch (cause) {
          throw fileSystemError(cause, "create", target);
        }
      }
      return written;
    },
    dispose() {
      for (const index of unnamed) {
        try {
          unlinkSync(directoryOf(index) + temporaryName(places, index));
        } catch {
          // It was never made, or has its name: there is nothing to clean up.
        }
      }
      for (const one of held) one.release();
    },
  };
}
