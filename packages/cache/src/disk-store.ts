import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, open, rename, rm, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import type { CacheReader, CacheStore } from "./cache-store.js";
import { chargeOf, scanEntries } from "./disk-scan.js";
import { createDiskSpace } from "./disk-space.js";
import { entryName, shardOf } from "./entry-name.js";
import {
  isMissing,
  isPrivateDirectory,
  isSystemError,
  isUnsafeFileError,
  makePrivateDirectory,
  openPrivateFile,
  writeFully,
} from "@blob/core/files";
import type { PrivateFile } from "@blob/core/files";
import { processMark } from "@blob/core/processes";

/** Where a {@link DiskStore} keeps its entries, and how much it may take. */
export interface DiskStoreOptions {
  /** Made when it is needed, with mode 0700. Not a link, and nobody else may be able to write to it. */
  readonly directory: string;
  /** What the files may take together, in bytes and counted in pages of 4 KiB, over all processes. */
  readonly maxBytes: number;
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Whether opening an entry marks it as used. Default true. */
  readonly marksUse?: boolean | undefined;
}

/** A store whose entries are plain files. */
export interface DiskStore extends CacheStore {
  /** The file of an entry, if there is one; undefined for a key that cannot have one. */
  locate(key: string): string | undefined;
}

/** A hot entry is not marked at each read: the order of use is known to the minute. */
const useResolutionMs = 60_000;

/** A body up to this size is collected first: its room is taken in one step. */
const stepBytes = 256 * 1024;

const readBytes = 256 * 1024;

/**
 * A store in a directory, which any number of processes may use at the same time. Entries are written to temporary
 * files and renamed. The least recently used are deleted when the limit is reached; a body that takes more than half of
 * it is not kept. Errors of the file system are thrown as they are, and `UnsafeDirectory`.
 *
 * @example
 * ```ts
 * const store = createDiskStore({ directory: "/var/cache/acme/content", maxBytes: 1_000_000_000 });
 * const content = createContentCache(store, { locate: (key) => store.locate(key) });
 * ```
 */
export function createDiskStore(options: DiskStoreOptions): DiskStore {
  const { directory, maxBytes, now = Date.now, marksUse = true } = options;
  const space = createDiskSpace(directory, maxBytes, now);
  const temporaries = path.join(directory, ".tmp");
  /** Directories that were looked at. Only we can change them. */
  const known = new Set<string>();

  function fileOf(key: string): { readonly folder: string; readonly file: string } | undefined {
    const name = entryName(key);
    if (name === undefined) return undefined;
    const folder = path.join(directory, shardOf(name));
    return { folder, file: path.join(folder, name) };
  }

  async function exists(folder: string): Promise<boolean> {
    if (known.has(folder)) return true;
    if (!(await isPrivateDirectory(directory)) || !(await isPrivateDirectory(folder))) return false;
    known.add(folder);
    return true;
  }

  async function make(folder: string): Promise<void> {
    if (known.has(folder)) return;
    await makePrivateDirectory(directory);
    await makePrivateDirectory(folder);
    known.add(folder);
  }

  async function removeEntry(file: string): Promise<boolean> {
    let wasThere = true;
    await space.releasing(async () => {
      try {
        const { size } = await lstat(file);
        await unlink(file);
        return chargeOf(size);
      } catch (error) {
        if (!isMissing(error)) throw error;
        wasThere = false;
        return 0;
      }
    });
    return wasThere;
  }

  async function isThere(file: string): Promise<boolean> {
    return (await statsOf(file)) !== undefined;
  }

  async function isDirectory(file: string): Promise<boolean> {
    return (await statsOf(file))?.isDirectory() ?? false;
  }

  async function statsOf(file: string): Promise<Stats | undefined> {
    try {
      return await lstat(file);
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  async function openEntry(file: string): Promise<PrivateFile | undefined> {
    try {
      // Nothing that was put has more bytes.
      return await openPrivateFile(file, maxBytes);
    } catch (error) {
      // Not a file of ours: the next put has to find the place free.
      if (isUnsafeFileError(error) && !(await isDirectory(file))) await removeEntry(file);
      throw error;
    }
  }

  async function markUsed(handle: FileHandle, { atimeMs, mtimeMs }: Stats): Promise<void> {
    const age = now() - atimeMs;
    if (!marksUse || (age >= 0 && age < useResolutionMs)) return;
    // Times may be fixed, as on a read-only file system: then this entry goes earlier than it should.
    await handle.utimes(now() / 1000, mtimeMs / 1000).catch(() => undefined);
  }

  /** Where a body goes until it is whole. */
  async function createTemporary(charge: number): Promise<{ handle: FileHandle; file: string }> {
    const name = `${processMark()}.${randomBytes(8).toString("hex")}.${String(charge)}`;
    const file = path.join(temporaries, name);
    for (let attempt = 0; ; attempt += 1) {
      await make(temporaries);
      try {
        return { handle: await open(file, "wx", 0o600), file };
      } catch (error) {
        if (!isSystemError(error, "ENOENT") || attempt > 0) throw error;
        // Somebody cleared the cache.
        known.clear();
      }
    }
  }

  async function place(temporary: string, folder: string, file: string): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      await make(folder);
      if (await isThere(file)) await removeEntry(file);
      try {
        await rename(temporary, file);
        return;
      } catch (error) {
        if (!isSystemError(error, "ENOENT") || attempt > 0) throw error;
        known.clear();
      }
    }
  }

  /** Writes a body whose first chunks were collected. False when there is no room for it. */
  async function write(
    key: { readonly folder: string; readonly file: string },
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
    locate: (key) => fileOf(key)?.file,

    async open(key, { signal } = {}) {
      signal?.throwIfAborted();
      const at = fileOf(key);
      if (at === undefined || !(await exists(at.folder))) return undefined;
      const opened = await openEntry(at.file);
      if (opened === undefined) return undefined;
      await markUsed(opened.handle, opened.stats);
      return readerOver(opened.handle, opened.stats.size);
    },

    async put(key, body, { signal } = {}) {
      signal?.throwIfAborted();
      const at = fileOf(key);
      if (at === undefined) return;
      const iterator = iterate(body);
      try {
        const first = await collect(iterator, signal);
        const isKept = await write(at, first, iterator, signal);
        // What is there is not what should be.
        if (!isKept && (await exists(at.folder))) await removeEntry(at.file);
      } finally {
        await iterator.return(undefined);
      }
    },

    async delete(key, { signal } = {}) {
      signal?.throwIfAborted();
      const at = fileOf(key);
      return at !== undefined && (await exists(at.folder)) && removeEntry(at.file);
    },

    async *entries({ signal } = {}) {
      for await (const { key, size, usedAt } of scanEntries(directory)) {
        signal?.throwIfAborted();
        yield { key, size, usedAt };
      }
    },
  };
}

function readerOver(handle: FileHandle, size: number): CacheReader {
  let isOpen = true;
  return {
    size,
    async *read({ offset, length } = { offset: 0, length: size }) {
      const end = Math.min(size, offset + length);
      for (let at = offset; at < end;) {
        const buffer = new Uint8Array(Math.min(readBytes, end - at));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await handle.close();
    },
  };
}

async function* iterate(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* body;
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
    // The producer may use its buffer again.
    chunks.push(next.value.slice());
    size += next.value.length;
  }
  return Buffer.concat(chunks, size);
}
