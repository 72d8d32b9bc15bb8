import { closeSync, constants, fchmodSync, openSync } from "node:fs";

import type { Entry } from "../entry.js";
import type { ContentsBy, ContentStore } from "./content-store.js";
import type { FileWriter } from "./destination-file.js";
import type { Extraction } from "./extract.js";
import { fileSystemError } from "./file-system-error.js";
import { forEachConcurrent } from "./for-each-concurrent.js";
import { finishTemporaryFile } from "./temporary-file.js";

export interface KnownContentsOptions {
  readonly contents: ContentStore;
  readonly by: ContentsBy;
  readonly signal: AbortSignal | undefined;
  /** Whether the file has its name now. */
  readonly onFile: (entry: Entry, written: boolean) => void;
}

/** Each waits for the disk most of the time. */
const filesAtATime = 16;

/**
 * Writes the files whose content a store has, and returns the others, in their order. Only where directories are held:
 * a store works with paths, and takes its time.
 */
export async function writeKnownContents(
  writer: FileWriter,
  wanted: readonly Extraction[],
  { contents, by, signal, onFile }: KnownContentsOptions,
): Promise<readonly Extraction[]> {
  if (!writer.canReserve) return wanted;
  const known = new Set<Extraction>();
  await forEachConcurrent(wanted, filesAtATime, signal, async (extraction, stop) => {
    const { entry, target } = extraction;
    // Nothing would be saved: no byte of it is fetched.
    if (entry.size === 0) return;
    const place = writer.reserve(target, entry);
    try {
      // A mode or time of the file would be one of the kept content, too.
      const { mode, seconds } = place.facts;
      const how = by === "link" && (mode !== undefined || seconds !== undefined) ? "clone" : by;
      if (!(await contents.writeTo(entry.hash, place.location, { by: how, signal: stop }))) return;
      known.add(extraction);
      onFile(entry, place.commit(finish(place.location, target, place.facts, how)));
    } finally {
      place.dispose();
    }
  });
  return wanted.filter((extraction) => !known.has(extraction));
}

const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/** Gives the file its facts, and returns its inode number. */
function finish(
  location: string,
  target: string,
  facts: Parameters<typeof finishTemporaryFile>[1],
  by: ContentsBy,
): bigint {
  try {
    const handle = openSync(location, openFlags);
    try {
      // Kept contents are their owner's only; a file of its own gets what any new file gets.
      if (facts.mode === undefined && by !== "link") fchmodSync(handle, 0o666 & ~process.umask());
      return finishTemporaryFile(handle, facts);
    } finally {
      closeSync(handle);
    }
  } catch (cause) {
    throw fileSystemError(cause, "create", target);
  }
}
