import type { Stats } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { isMissing, isUnsafeFileError, openPrivateFile } from "@blob/core/files";
import type { PrivateFile } from "@blob/core/files";
import type { CacheStore } from "./cache-store.js";
import { chargeOf, scanEntries } from "./disk-scan.js";
import { createDiskSpace } from "./disk-space.js";
import { createEntryDirectories } from "./entry-directories.js";
import { readerOver } from "./entry-reader.js";
import { statsOf } from "./entry-stats.js";
import { createEntryWriter } from "./entry-writer.js";

/** Where a store keeps its files, how much they may take, and what counts as use. */
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
  const directories = createEntryDirectories(directory);
  const writer = createEntryWriter({ directory, directories, space, maxBytes, now, remove: removeEntry });

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

  async function openEntry(file: string): Promise<PrivateFile | undefined> {
    try {
      // Nothing that was put has more bytes.
      return await openPrivateFile(file, maxBytes);
    } catch (error) {
      // Not a file of ours: the next put has to find the place free.
      if (isUnsafeFileError(error) && (await statsOf(file))?.isDirectory() !== true) await removeEntry(file);
      throw error;
    }
  }

  async function markUsed(handle: FileHandle, { atimeMs, mtimeMs }: Stats): Promise<void> {
    const age = now() - atimeMs;
    if (!marksUse || (age >= 0 && age < useResolutionMs)) return;
    // Times may be fixed, as on a read-only file system: then this entry goes earlier than it should.
    await handle.utimes(now() / 1000, mtimeMs / 1000).catch(() => undefined);
  }

  return {
    locate: (key) => directories.placeOf(key)?.file,

    async open(key, { signal } = {}) {
      signal?.throwIfAborted();
      const at = directories.placeOf(key);
      if (at === undefined || !(await directories.exists(at.folder))) return undefined;
      const opened = await openEntry(at.file);
      if (opened === undefined) return undefined;
      await markUsed(opened.handle, opened.stats);
      return readerOver(opened.handle, opened.stats.size);
    },

    async put(key, body, { signal } = {}) {
      signal?.throwIfAborted();
      const at = directories.placeOf(key);
      if (at === undefined) return;
      const iterator = iterate(body);
      try {
        const isKept = await writer.write(at, iterator, signal);
        // What is there is not what should be.
        if (!isKept && (await directories.exists(at.folder))) await removeEntry(at.file);
      } finally {
        await iterator.return(undefined);
      }
    },

    async delete(key, { signal } = {}) {
      signal?.throwIfAborted();
      const at = directories.placeOf(key);
      return at !== undefined && (await directories.exists(at.folder)) && removeEntry(at.file);
    },

    async *entries({ signal } = {}) {
      for await (const { key, size, usedAt } of scanEntries(directory)) {
        signal?.throwIfAborted();
        yield { key, size, usedAt };
      }
    },
  };
}

async function* iterate(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* body;
}
