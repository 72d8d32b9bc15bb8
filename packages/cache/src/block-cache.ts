import { createHash } from "node:crypto";
import { createBackgroundWrites } from "./background-writes.js";
import type { BlockSource } from "./block-source.js";
import { createBlockFlights } from "./block-flights.js";
import { attempt, unobserved } from "./cache-observer.js";
import type { CacheOptions } from "./cache-observer.js";
import type { CacheStore } from "./cache-store.js";
import { getChecked, putChecked } from "./checked-entry.js";

/** Keeps blocks of 64 KiB of sources that are read in ranges. */
export interface BlockCache {
  /**
   * The same source, read through the cache. Missing neighbours are one read of the source; what others are reading
   * already is not read again; what comes is kept without making the consumer wait.
   *
   * A read of more than 4 MiB goes to the source as it is, and nothing of it is kept: it would push out what many small
   * reads need, to save one request at best.
   */
  wrap(source: BlockSource): BlockSource;
  /**
   * Forgets the blocks of a range of the source with this id, for whoever found out that they are wrong: nothing has
   * verified them before they were kept. Whether there were any.
   */
  forget(id: string, range: { readonly offset: number; readonly length: number }): Promise<boolean>;
  /** Resolves when what was read so far has been kept, or could not be. */
  flush(): Promise<void>;
}

const blockBytes = 64 * 1024;

/** Also bounds what one read holds in memory. */
const maxReadBytes = 4 * 1024 * 1024;

const maxUnwrittenBytes = 16 * 1024 * 1024;

/**
 * A cache of blocks over a store, each with a checksum. Every failure of the store is a miss.
 *
 * @example
 * ```ts
 * const blocks = createBlockCache(createMemoryStore());
 * const archive = openArchive(index, blocks.wrap(remote));
 * ```
 */
export function createBlockCache(
  store: CacheStore,
  { observer = unobserved }: CacheOptions = {},
): BlockCache {
  const writes = createBackgroundWrites(maxUnwrittenBytes);

  const flights = createBlockFlights({
    blockBytes,
    find: async (key, signal) => {
      const bytes = await getChecked(store, key, blockBytes, observer, signal);
      if (bytes === undefined) observer.miss();
      else observer.hit(bytes.length);
      return bytes;
    },
    keep: (key, bytes) => writes.start(bytes.length, () => putChecked(store, key, bytes, observer)),
  });

  return {
    wrap(source) {
      const blocks = { source, keyOf: keysOf(source.id) };
      return {
        id: source.id,
        size: source.size,
        read(range, options = {}) {
          const { offset, length } = range;
          const isCached =
            Number.isSafeInteger(offset) &&
            offset >= 0 &&
            length > 0 &&
            length <= maxReadBytes &&
            offset + length <= source.size;
          // The source says what is wrong with a range.
          return isCached ? flights.read(blocks, { offset, length }, options) : source.read(range, options);
        },
      };
    },
    async forget(id, { offset, length }) {
      // What comes in larger reads is never kept.
      if (length <= 0 || length > maxReadBytes) return false;
      // What is on its way into the store would come after it was deleted.
      await writes.flush();
      const keyOf = keysOf(id);
      const last = Math.floor((offset + length - 1) / blockBytes);
      let found = false;
      for (let block = Math.floor(offset / blockBytes); block <= last; block += 1) {
        if ((await attempt(() => store.delete(keyOf(block)), observer, undefined)) === true) found = true;
      }
      return found;
    },
    flush: () => writes.flush(),
  };
}

/** An id may be a URL of any length. */
function keysOf(id: string): (block: number) => string {
  const prefix = createHash("sha256").update(id).digest("hex");
  return (block) => `${prefix}.${String(block)}`;
}
