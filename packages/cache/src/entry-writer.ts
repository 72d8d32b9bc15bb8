import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { isSystemError, writeFully } from "@blob/core/files";
import { processMark } from "@blob/core/processes";
import { chargeOf } from "./disk-scan.js";
import type { DiskSpace } from "./disk-space.js";
import type { EntryDirectories, EntryPlace } from "./entry-directories.js";
import { statsOf } from "./entry-stats.js";

/** A body up to this size is collected first: its room is taken in one step. */
const stepBytes = 256 * 1024;

export interface EntryWriterOptions {
  readonly directory: string;
  readonly directories: EntryDirectories;
  readonly space: DiskSpace;
  readonly maxBytes: number;
  readonly now: () => number;
  /** Makes room for an entry where another one is. */
  readonly remove: (file: string) => Promise<unknown>;
}

/** Writes entries to temporary files within the room that there is, and gives them their names when they are whole. */
export interface EntryWriter {
  /** False when there is no room for it. */
  write(
    place: EntryPlace,
    body: AsyncGenerator<Uint8Array, void, undefined>,
    signal: AbortSignal | undefined,
  ): Promise<boolean>;
}

export function createEntryWriter(options: EntryWriterOptions): EntryWriter {
  const { directories, space, maxBytes, now } = options;
  const temporaries = path.join(options.directory, ".tmp");

  /** Where a body goes until it is whole. */
  async function createTemporary(charge: number): Promise<{ handle: FileHandle; file: string }> {
    const name = `${processMark()}.${randomBytes(8).toString("hex")}.${String(charge)}`;
    const file = path.join(temporaries, name);
    for (let attempt = 0; ; attempt += 1) {
      await directories.make(temporaries);
      try {
        return { handle: await open(file, "wx", 0o600), file };
      } catch (error) {
        if (!isSystemError(error, "ENOENT") || attempt > 0) throw error;
        // Somebody cleared the cache.
        directories.forget();
      }
    }
  }

  async function place(temporary: string, folder: string, file: string): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      await directories.make(folder);
      if ((await statsOf(file)) !== undefined) await options.remove(file);
      try {
        await rename(temporary, file);
        return;
      } catch (error) {
        if (!isSystemError(error, "ENOENT") || attempt > 0) throw error;
        directories.forget();
      }
    }
  }

  /** Writes a body whose first chunks were collected. False when there is no room for it. */
  async function write(
    key: EntryPlace,
    first: Uint8Array,
    rest: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const initial = chargeOf(first.length);
    if (initial > maxBytes / 2) return false;
    const { handle, file } = await createTemporary(initial);
    /** What was taken, whether or not it was to be had. */
    let charged = 0;
    let isPlaced = false;
    const reserve = async (bytes: number): Promise<boolean> => {
      const hasRoom = await space.reserve(bytes);
      charged += bytes;
      return hasRoom;
    };
    const growTo = async (size: number): Promise<boolean> => {
      for (let missing = size - charged; missing > 0; missing -= stepBytes) {
        if (charged + stepBytes > maxBytes / 2) return false;
        // A hole: whoever counts sees the room as taken.
        await handle.truncate(charged + stepBytes);
        if (!(await reserve(stepBytes))) return false;
      }
      return true;
    };
    try {
      try {
        if (!(await reserve(initial))) return false;
        await writeFully(handle, first);
        let size = first.length;
        for await (const chunk of rest) {
          signal?.throwIfAborted();
          size += chunk.length;
          if (!(await growTo(size))) return false;
          await writeFully(handle, chunk);
        }
        signal?.throwIfAborted();
        const excess = charged - chargeOf(size);
        if (charged > initial) {
          await space.releasing(async () => {
            await handle.truncate(size);
            charged -= excess;
            return excess;
          });
        }
        await handle.utimes(now() / 1000, now() / 1000);
      } finally {
        await handle.close();
      }
      await place(file, key.folder, key.file);
      isPlaced = true;
      return true;
    } finally {
      if (!isPlaced) {
        await space.releasing(async () => {
          await rm(file, { force: true });
          return charged;
        });
      }
    }
  }

  return {
    write: async (at, body, signal) => write(at, await collect(body, signal), body, signal),
  };
}

/** The whole body when it is small, or more than a step of it. */
async function collect(
  body: AsyncGenerator<Uint8Array, void, undefined>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size <= stepBytes) {
    const next = await body.next();
    signal?.throwIfAborted();
    if (next.done === true) break;
    size += next.value.length;
    // The producer may use its buffer again when it is asked for more: not before the last one is written.
    chunks.push(size > stepBytes ? next.value : next.value.slice());
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
}
