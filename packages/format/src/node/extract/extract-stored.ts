import { closeSync, constants, fchmodSync, lstatSync, openSync } from "node:fs";

import { FormatError } from "../../errors.js";
import type { ContentsBy, ContentStore } from "./content-store.js";
import type { FileWriter } from "./file-writer.js";
import type { ExtractReport } from "./extract-report.js";
import type { Extraction } from "./extract-options.js";
import { forEachConcurrent } from "@blob/core/concurrency";
import { finishTemporaryFile } from "../files/temporary-file.js";
import type { FinishedFile, TemporaryFacts } from "../files/temporary-file.js";
import { writeLarge, writeSmall } from "./write-content.js";

export interface ExtractStoredOptions {
  readonly by: ContentsBy;
  /** Files at a time. */
  readonly concurrency: number;
  /** Larger files are not held in memory. */
  readonly maxWholeBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** Writes the files whose contents a store has, and returns the others in their order. */
export async function extractStored(
  contents: ContentStore,
  writer: FileWriter,
  wanted: readonly Extraction[],
  report: ExtractReport,
  { by, concurrency, maxWholeBytes, signal }: ExtractStoredOptions,
): Promise<readonly Extraction[]> {
  /** Nothing when it has to be written in another way. */
  async function share({ entry, target }: Extraction, stop: AbortSignal): Promise<boolean | undefined> {
    const how = by === "link" && writer.canLink(target) ? "link" : "clone";
    const place = writer.reserve(target, entry);
    try {
      if (!(await contents.writeTo(entry.hash, place.location, { by: how, signal: stop }))) return undefined;
      const stats = lstatSync(place.location, { bigint: true });
      if (stats.size !== BigInt(entry.size)) return undefined;
      if (how === "link" && stats.nlink > 1n) return place.commitLink(stats.ino) || undefined;
      return place.commit(finish(place.location, place.facts));
    } finally {
      place.dispose();
    }
  }

  async function copySmall(file: Extraction, stop: AbortSignal): Promise<boolean | undefined> {
    const { hash, size } = file.entry;
    const content = await contents.get(hash, { maxBytes: size, signal: stop });
    return content?.length === size ? writeSmall(writer, file, content) : undefined;
  }

  async function copyLarge(file: Extraction, stop: AbortSignal): Promise<boolean | undefined> {
    const { hash, size } = file.entry;
    const content = await contents.open(hash, { signal: stop });
    if (content === undefined) return undefined;
    try {
      if (content.size !== size) return undefined;
      return await writeLarge(writer, file, content.read({ signal: stop }), () => undefined);
    } finally {
      await content.close();
    }
  }

  async function write(file: Extraction, stop: AbortSignal): Promise<boolean | undefined> {
    try {
      const shared = by !== "copy" && writer.canReserve ? await share(file, stop) : undefined;
      if (shared !== undefined) return shared;
      return await (file.entry.size > maxWholeBytes ? copyLarge(file, stop) : copySmall(file, stop));
    } catch (error) {
      stop.throwIfAborted();
      // Of the destination. What the store throws is as good as having nothing.
      if (error instanceof FormatError) throw error;
      return undefined;
    }
  }

  const done = new Set<Extraction>();
  await forEachConcurrent(wanted, concurrency, signal, async (file, stop) => {
    const written = file.entry.size > 0 ? await write(file, stop) : undefined;
    if (written === undefined) return;
    done.add(file);
    report.bytes(file.entry.size, file.entry);
    report.finished(file.entry, written);
  });
  return wanted.filter((file) => !done.has(file));
}

const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/** Gives a file of its own its facts. */
function finish(location: string, facts: TemporaryFacts): FinishedFile {
  const handle = openSync(location, openFlags);
  try {
    // Kept contents are their owner's only; this gets what any new file gets.
    if (facts.mode === undefined) fchmodSync(handle, 0o666 & ~process.umask());
    return finishTemporaryFile(handle, facts);
  } finally {
    closeSync(handle);
  }
}
