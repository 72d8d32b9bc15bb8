import { createHash } from "node:crypto";
import { nextTurn } from "@blob/core/concurrency";
import { createBackgroundWrites } from "./background-writes.js";
import { attempt, unobserved } from "./cache-observer.js";
import type { CacheOptions } from "./cache-observer.js";
import type { CacheReader, CacheStore, StoreOptions } from "./cache-store.js";
import { contentKey, corruptContent } from "./content-key.js";

/** How {@link ChunkCache.get} looks for a chunk. */
export interface ChunkGetOptions extends StoreOptions {
  /** What is larger counts as missing. Default: 16 MiB, which is the largest chunk that is kept. */
  readonly maxBytes?: number | undefined;
}

/**
 * Keeps chunks of large files by the SHA-256 of their contents (32 bytes, as in an archive's index), whichever archive and
 * registry they came from: the `ChunkStore` of `@blob/format`, which need not be imported.
 */
export interface ChunkCache {
  /** The content, hashed again; it belongs to the caller. What is wrong is deleted and counts as a miss. */
  get(hash: Uint8Array, options?: ChunkGetOptions): Promise<Uint8Array | undefined>;
  /**
   * Keeps content that the caller has verified. It is copied before this returns, found from then on, and written without
   * making anybody wait. The promise resolves when it was written or could not be; it never rejects.
   */
  put(hash: Uint8Array, content: Iterable<Uint8Array>): Promise<void>;
  /** Resolves when what was put so far has been written, or could not be. */
  flush(): Promise<void>;
}

/** The largest chunk that an index may have. */
const maxChunkBytes = 16 * 1024 * 1024;

const maxUnwrittenBytes = 64 * 1024 * 1024;

/** Hashing more at once would keep everybody waiting for more than a millisecond or two. */
const turnBytes = 1024 * 1024;

/**
 * A cache of chunks over a store, which may be that of a block cache: their keys differ. Every failure of the store is a
 * miss; an aborted signal is thrown.
 *
 * @example
 * ```ts
 * const chunks = createChunkCache(createMemoryStore());
 * const archive = openArchive(index, remote, { chunks: { store: chunks } });
 * ```
 */
export function createChunkCache(
  store: CacheStore,
  { observer = unobserved }: CacheOptions = {},
): ChunkCache {
  const writes = createBackgroundWrites(maxUnwrittenBytes);
  /** One after another: chunks that are written together would take the room from each other in a small store. */
  let lastWrite: Promise<void> = Promise.resolve();
  /** What is on its way into the store, by its key. */
  const unwritten = new Map<string, { readonly bytes: Uint8Array; readonly writing: Promise<void> }>();

  async function discard(key: string, signal: AbortSignal | undefined): Promise<undefined> {
    observer.failure(corruptContent(key));
    await store.delete(key, { signal });
    return undefined;
  }

  async function find(
    key: string,
    maxBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const pending = unwritten.get(key)?.bytes;
    if (pending !== undefined) {
      const bytes = pending.length <= maxBytes ? pending.slice() : undefined;
      return (await hasHash([pending], key, pending.length, signal)) ? bytes : undefined;
    }
    const reader = await store.open(key, { signal });
    if (reader === undefined) return undefined;
    let found: Uint8Array | undefined;
    let isRight = false;
    try {
      found = reader.size <= maxBytes ? new Uint8Array(reader.size) : undefined;
      isRight = await readInto(found, reader, key, signal);
    } finally {
      await reader.close();
    }
    // Of one that is larger than the caller believes, nothing is wrong with the entry if it has its hash.
    return isRight ? found : discard(key, signal);
  }

  function copyOf(content: Iterable<Uint8Array>): Uint8Array | undefined {
    try {
      return copied(content);
    } catch (error) {
      observer.failure(error);
      return undefined;
    }
  }

  return {
    async get(hash, { maxBytes = maxChunkBytes, signal } = {}) {
      signal?.throwIfAborted();
      const key = contentKey(hash);
      const bytes = await attempt(() => find(key, maxBytes, signal), observer, signal);
      if (bytes === undefined) observer.miss();
      else observer.hit(bytes.length);
      return bytes;
    },

    async put(hash, content) {
      const key = contentKey(hash);
      const known = unwritten.get(key);
      if (known !== undefined) return known.writing;
      const bytes = copyOf(content);
      if (bytes === undefined) return;
      const write = async (before: Promise<void>): Promise<void> => {
        await before;
        await attempt(() => store.put(key, [bytes]), observer, undefined);
        unwritten.delete(key);
      };
      const writing = writes.start(bytes.length, () => (lastWrite = write(lastWrite)));
      if (writing === undefined) return;
      unwritten.set(key, { bytes, writing: lastWrite });
      await writing;
    },

    flush: () => writes.flush(),
  };
}

/** In one piece of our own; undefined for more than a chunk has. */
function copied(content: Iterable<Uint8Array>): Uint8Array | undefined {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (const piece of content) {
    size += piece.length;
    if (size > maxChunkBytes) return undefined;
    // The producer may use its buffer again.
    pieces.push(new Uint8Array(piece));
  }
  const [only = new Uint8Array(0), ...others] = pieces;
  return others.length === 0 ? only : new Uint8Array(Buffer.concat(pieces, size));
}

/** Reads an entry, into bytes of its size if there are any; whether it has its hash. */
async function readInto(
  bytes: Uint8Array | undefined,
  reader: CacheReader,
  key: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { size } = reader;
  // Nothing larger was put.
  if (size > maxChunkBytes) return false;
  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    let at = 0;
    for await (const piece of reader.read()) {
      if (at + piece.length > size) return;
      bytes?.set(piece, at);
      at += piece.length;
      yield piece;
    }
  }
  return hasHash(pieces(), key, size, signal);
}

async function hasHash(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  key: string,
  size: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const hash = createHash("sha256");
  let hashed = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += turnBytes) {
      if (at > 0) await nextTurn();
      signal?.throwIfAborted();
      hash.update(piece.subarray(at, at + turnBytes));
    }
    hashed += piece.length;
  }
  return hashed === size && hash.digest("hex") === key;
}
