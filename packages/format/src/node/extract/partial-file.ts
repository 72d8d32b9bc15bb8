import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from "node:fs";
import type { BigIntStats } from "node:fs";

import type { OpenFile } from "../chunks/open-file.js";
import { fileSystemError } from "../files/file-system-error.js";
import { endAt, finishTemporaryFile } from "../files/temporary-file.js";
import type { FinishedFile, TemporaryFacts } from "../files/temporary-file.js";
import type { DestinationDirectory } from "./destination.js";
import type { PartialFile } from "./file-writer.js";
import { freePartialName, parsePartialName, partialName } from "./partial-name.js";

const noFollow = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const createFlags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow;

/** Files of unknown owners that nobody has written to for so long are used and removed. */
const abandonedMs = 60 * 60 * 1000;

export interface PartialPlace {
  /** Held until the file is disposed of. */
  readonly directory: DestinationDirectory;
  /** The name that it is to get in there. */
  readonly name: string;
  /** Its path below the destination, for messages. */
  readonly target: string;
  readonly size: number;
  readonly facts: TemporaryFacts;
  /** Names in the directory that may be those of unfinished files. */
  readonly names: readonly string[];
  /** What a new file may begin as. */
  readonly base: OpenFile | undefined;
  readonly clone: Clone;
  /** Gives the file at this location its name. */
  readonly place: (location: string, file: FinishedFile) => boolean;
}

/** Takes over what an earlier run has left, or makes a new file: a clone, where the file system can. */
export function createPartialFile(where: PartialPlace): PartialFile {
  const { directory, name, target, size, facts, names, base, clone, place } = where;
  const run = randomBytes(8).toString("hex");
  const own = partialName(name, run);
  const claimed = claim(directory, name, names, own);
  const cloned =
    claimed === undefined && base !== undefined ? openClone(directory, own, base, clone) : undefined;
  let handle: number;
  try {
    // With a mode to come, the content is nobody else's business until then.
    const mode = facts.mode === undefined ? 0o666 : 0o600;
    handle = claimed ?? cloned ?? openSync(directory.locate(own), createFlags, mode);
  } catch (cause) {
    throw fileSystemError(cause, "create", target);
  }
  const earlier =
    claimed === undefined && cloned === undefined ? openAbandoned(directory, name, names, target) : undefined;
  let isOpen = true;
  let isNamed = false;
  let isDisposed = false;

  function close(): void {
    isOpen = false;
    closeSync(handle);
  }

  function letGo(keep: boolean): void {
    try {
      if (isOpen) close();
      if (isNamed) return;
      if (keep) renameSync(directory.locate(own), directory.locate(freePartialName(name, run)));
      else unlinkSync(directory.locate(own));
    } catch {
      // Somebody else removed it, or its directory, or what could not be closed is verified by whoever uses it.
    }
  }

  try {
    const found = Number(fstatSync(handle, { bigint: true }).size);
    if (found > size) ftruncateSync(handle, size);
    if (claimed !== undefined && facts.mode !== undefined) fchmodSync(handle, 0o600);
    return {
      file: { handle, name: target },
      found: Math.min(found, size),
      isClone: cloned !== undefined,
      earlier,
      commit() {
        try {
          endAt(handle, size);
          // An earlier run may have had other facts in mind, and a clone is its owner's only.
          const hasOtherMode = claimed !== undefined || cloned !== undefined;
          if (hasOtherMode && facts.mode === undefined) fchmodSync(handle, 0o666 & ~process.umask());
          const finished = finishTemporaryFile(handle, facts);
          // Some file systems only say here that there was no room.
          close();
          isNamed = place(directory.locate(own), finished);
        } catch (cause) {
          throw fileSystemError(cause, "create", target);
        }
        forgetPartials(directory, name, names);
        return isNamed;
      },
      dispose(keep) {
        if (isDisposed) return;
        isDisposed = true;
        letGo(keep);
        if (earlier !== undefined) closeSync(earlier.handle);
        directory.release();
      },
    };
  } catch (cause) {
    letGo(claimed !== undefined);
    if (earlier !== undefined) closeSync(earlier.handle);
    throw fileSystemError(cause, "create", target);
  }
}

/** Removes what earlier runs have left of a file that is there now. */
export function forgetPartials(
  directory: DestinationDirectory,
  target: string,
  names: readonly string[],
): void {
  for (const candidate of names) {
    const owner = parsePartialName(candidate, target)?.owner;
    if (owner === undefined || owner === "working") continue;
    try {
      const stats = lstatSync(directory.locate(candidate), { bigint: true });
      if (owner === "free" || isAbandoned(stats)) unlinkSync(directory.locate(candidate));
    } catch {
      // It is gone, or somebody else's.
    }
  }
}

/** The largest file that nobody works on gets our name: of several runs that want it, one. */
function claim(
  directory: DestinationDirectory,
  target: string,
  names: readonly string[],
  own: string,
): number | undefined {
  for (const name of usable(directory, target, names, "free")) {
    try {
      renameSync(directory.locate(name), directory.locate(own));
    } catch {
      // Another run was faster, or we may not: there is the next one, or none.
      continue;
    }
    const handle = openUsable(directory, own, constants.O_RDWR);
    if (handle !== undefined) return handle;
    try {
      unlinkSync(directory.locate(own));
    } catch {
      // Then the name is not free for a new file, which says so.
    }
  }
  return undefined;
}

/** Makes a file of the first one's content where there is none, sharing its bytes; throws when the file system cannot. */
export type Clone = (source: OpenFile, location: string) => void;

/** Where files have numbers in `/proc`, and share their bytes: Btrfs, XFS and others of Linux. */
export function cloneFile({ handle }: OpenFile, location: string): void {
  // Whatever has the name by now, this is the file that was opened.
  copyFileSync(
    `/proc/self/fd/${handle}`,
    location,
    constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE,
  );
}

/** Nothing where the file system, or the system, cannot. */
function openClone(
  directory: DestinationDirectory,
  own: string,
  base: OpenFile,
  clone: Clone,
): number | undefined {
  const location = directory.locate(own);
  try {
    clone(base, location);
  } catch {
    return undefined;
  }
  const handle = openUsable(directory, own, constants.O_RDWR);
  if (handle !== undefined) {
    fchmodSync(handle, 0o600);
    return handle;
  }
  try {
    unlinkSync(location);
  } catch {
    // Then the name is not free for a new file, which says so.
  }
  return undefined;
}

/** What somebody left who may be asleep: it is read, and not written to. */
function openAbandoned(
  directory: DestinationDirectory,
  target: string,
  names: readonly string[],
  path: string,
): OpenFile | undefined {
  for (const name of usable(directory, target, names, "unknown")) {
    const handle = openUsable(directory, name, constants.O_RDONLY);
    if (handle !== undefined) return { handle, name: path };
  }
  return undefined;
}

/** Names of files that an earlier run may have left, the largest one first. */
function usable(
  directory: DestinationDirectory,
  target: string,
  names: readonly string[],
  owner: "free" | "unknown",
): readonly string[] {
  const found: { readonly name: string; readonly size: bigint }[] = [];
  for (const name of names) {
    if (parsePartialName(name, target)?.owner !== owner) continue;
    const stats = lstatSync(directory.locate(name), { bigint: true, throwIfNoEntry: false });
    if (stats === undefined || !isUsable(stats) || isOpenToOthers(stats)) continue;
    if (owner === "free" || isAbandoned(stats)) found.push({ name, size: stats.size });
  }
  return found.toSorted((a, b) => (a.size < b.size ? 1 : -1)).map(({ name }) => name);
}

/** The handle of a file that is still what it was when it was looked at. */
function openUsable(directory: DestinationDirectory, name: string, flags: number): number | undefined {
  try {
    const handle = openSync(directory.locate(name), flags | noFollow);
    if (isUsable(fstatSync(handle, { bigint: true }))) return handle;
    closeSync(handle);
  } catch {
    // A link by now, or not ours to open.
  }
  return undefined;
}

/** Nothing that somebody else put there, or that has another name, where it would change. */
function isUsable(stats: BigIntStats): boolean {
  const user = process.geteuid?.();
  return stats.isFile() && stats.nlink === 1n && (user === undefined || stats.uid === BigInt(user));
}

/** Whether others may write to it who may not to a new file. */
function isOpenToOthers({ mode }: BigIntStats): boolean {
  return (Number(mode) & 0o022 & process.umask()) !== 0;
}

function isAbandoned({ mtimeMs }: BigIntStats): boolean {
  return Number(mtimeMs) < Date.now() - abandonedMs;
}
