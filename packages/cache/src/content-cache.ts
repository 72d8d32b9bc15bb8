import { createHash } from "node:crypto";
import { attempt, unobserved } from "./cache-observer.js";
import type { CacheOptions } from "./cache-observer.js";
import type { CacheReader, CacheStore, StoreOptions } from "./cache-store.js";
import { contentKey, corruptContent, sha256 } from "./content-key.js";
import { CacheError } from "./errors.js";
import { materialize } from "./materialize.js";
import type { MaterializeHow } from "./materialize.js";
import { readEntry } from "./read-entry.js";

/** Content that was verified and can be streamed. Close it, which `await using` does. */
export interface CachedContent extends AsyncDisposable {
  /** In bytes. */
  readonly size: number;
  /**
   * The content. It is hashed again on its way: should a file change under the reader, the iteration throws
   * `CorruptEntry` before its last chunk.
   */
  read(options?: StoreOptions): AsyncIterable<Uint8Array>;
  /** Releases what the content holds open. To be called once it is no longer read, also after an error. */
  close(): Promise<void>;
}

/** How {@link ContentCache.get} reads a content into memory. */
export interface ContentGetOptions extends StoreOptions {
  /** What is larger counts as missing. Default 64 MiB; stream what may be larger. */
  readonly maxBytes?: number | undefined;
}

/** A part of a content; see {@link ContentCache.getPart}. */
export interface ContentPart {
  /** The first byte. */
  readonly offset: number;
  /** How many bytes: at most 64 MiB. */
  readonly size: number;
  /** SHA-256 of the part: 32 bytes. */
  readonly hash: Uint8Array;
}

/** How {@link ContentCache.writeTo} makes a file. */
export interface WriteToOptions extends StoreOptions {
  /**
   * `copy` writes the bytes. `clone` shares them copy-on-write where the file system can, and copies otherwise. `link`
   * gives the cached file one more name, and clones otherwise: whoever changes the file then changes the cached one,
   * which the next read notices and throws away. Default `copy`.
   */
  readonly by?: MaterializeHow | undefined;
}

/**
 * Keeps the contents of files by their SHA-256 (32 bytes, as in an archive's index), whichever archive they came from.
 * Nothing that it returns or writes is unverified; what is wrong is deleted and counts as a miss.
 */
export interface ContentCache {
  /** The whole content in memory; it belongs to the caller. */
  get(hash: Uint8Array, options?: ContentGetOptions): Promise<Uint8Array | undefined>;
  /**
   * A part of a content, for whoever knows the part's own hash: only the part is read. Undefined also when the part does
   * not have that hash, about which this cache believes nobody: the content may still be right, and stays.
   */
  getPart(hash: Uint8Array, part: ContentPart, options?: StoreOptions): Promise<Uint8Array | undefined>;
  /** For content that is too large for memory. It is read once to verify it before anything is handed out. */
  open(hash: Uint8Array, options?: StoreOptions): Promise<CachedContent | undefined>;
  /**
   * Keeps content if it has this hash. The body is iterated to its end at most, and less when it cannot be kept. That
   * it could not be kept, or that the body threw, is no error.
   */
  put(
    hash: Uint8Array,
    body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    options?: StoreOptions,
  ): Promise<void>;
  /**
   * Makes a file with this content at a path where nothing is yet. True when it is there and its bytes were verified;
   * otherwise there is nothing, and the caller goes on without the cache. Modes and times are the caller's.
   */
  writeTo(hash: Uint8Array, file: string, options?: WriteToOptions): Promise<boolean>;
}

/** What a {@link ContentCache} over a store works with. */
export interface ContentCacheOptions extends CacheOptions {
  /** Where the store keeps an entry as a plain file: `locate` of a disk store. Without it, everything is copied. */
  readonly locate?: ((key: string) => string | undefined) | undefined;
}

const defaultMaxBytes = 64 * 1024 * 1024;

/**
 * A cache of contents over a store. Every failure of the store is a miss; an aborted signal is thrown.
 *
 * @example
 * ```ts
 * const content = createContentCache(createMemoryStore());
 * await content.put(entry.hash, archive.stream(entry.path));
 * const bytes = await content.get(entry.hash); // verified, or undefined
 * ```
 */
export function createContentCache(store: CacheStore, options: ContentCacheOptions = {}): ContentCache {
  const { observer = unobserved, locate = () => undefined } = options;

  async function discard(key: string, signal: AbortSignal | undefined): Promise<undefined> {
    observer.failure(corruptContent(key));
    await store.delete(key, { signal });
    return undefined;
  }

  /** A reader at the start of verified bytes. */
  async function openVerified(
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<CacheReader | undefined> {
    const reader = await store.open(key, { signal });
    if (reader === undefined) return undefined;
    let good = false;
    try {
      good = await hasHash(reader, key, signal);
    } finally {
      if (!good) await reader.close();
    }
    return good ? reader : discard(key, signal);
  }

  function observed<T>(found: T | undefined, bytes: (found: T) => number): T | undefined {
    if (found === undefined) observer.miss();
    else observer.hit(bytes(found));
    return found;
  }

  return {
    async get(hash, { maxBytes = defaultMaxBytes, signal } = {}) {
      signal?.throwIfAborted();
      const key = contentKey(hash);
      const read = async (): Promise<Uint8Array | undefined> => {
        const bytes = await readEntry(store, key, maxBytes, signal);
        if (bytes === undefined || sha256(bytes) === key) return bytes;
        // It may only be larger than this caller wants; what is wrong is deleted.
        await (await openVerified(key, signal))?.close();
        return undefined;
      };
      const bytes = await attempt(read, observer, signal);
      return observed(bytes, (found) => found.length);
    },

    async getPart(hash, part, { signal } = {}) {
      signal?.throwIfAborted();
      const read = (): Promise<Uint8Array | undefined> => readPart(store, contentKey(hash), part, signal);
      const bytes = await attempt(read, observer, signal);
      return observed(bytes, (found) => found.length);
    },

    async open(hash, { signal } = {}) {
      signal?.throwIfAborted();
      const key = contentKey(hash);
      const reader = await attempt(() => openVerified(key, signal), observer, signal);
      observed(reader, (found) => found.size);
      return reader && contentOver(reader, key);
    },

    async put(hash, body, { signal } = {}) {
      signal?.throwIfAborted();
      const key = contentKey(hash);
      await attempt(() => store.put(key, onlyWithHash(body, key), { signal }), observer, signal);
    },

    async writeTo(hash, file, { by = "copy", signal } = {}) {
      signal?.throwIfAborted();
      const key = contentKey(hash);
      const write = async (): Promise<number | undefined> => {
        const reader = await store.open(key, { signal });
        if (reader === undefined) return undefined;
        try {
          if (await materialize(reader, { key, file, by, source: locate(key), signal })) return reader.size;
        } finally {
          await reader.close();
        }
        return discard(key, signal);
      };
      const written = await attempt(write, observer, signal);
      return observed(written, (bytes) => bytes) !== undefined;
    },
  };
}

async function readPart(
  store: CacheStore,
  key: string,
  { offset, size, hash }: ContentPart,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (size > defaultMaxBytes) return undefined;
  const reader = await store.open(key, { signal });
  if (reader === undefined) return undefined;
  try {
    if (offset + size > reader.size) return undefined;
    const bytes = new Uint8Array(size);
    const hashed = createHash("sha256");
    let length = 0;
    for await (const piece of reader.read({ offset, length: size })) {
      signal?.throwIfAborted();
      if (length + piece.length > size) return undefined;
      bytes.set(piece, length);
      hashed.update(piece);
      length += piece.length;
    }
    return length === size && hashed.digest("hex") === contentKey(hash) ? bytes : undefined;
  } finally {
    await reader.close();
  }
}

async function hasHash(reader: CacheReader, key: string, signal: AbortSignal | undefined): Promise<boolean> {
  const hash = createHash("sha256");
  for await (const chunk of reader.read()) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest("hex") === key;
}

function contentOver(reader: CacheReader, key: string): CachedContent {
  return {
    size: reader.size,
    async *read({ signal } = {}) {
      const hash = createHash("sha256");
      let held: Uint8Array | undefined;
      for await (const chunk of reader.read()) {
        signal?.throwIfAborted();
        if (held !== undefined) yield held;
        hash.update(chunk);
        held = chunk;
      }
      if (hash.digest("hex") !== key) throw corruptContent(key);
      if (held !== undefined) yield held;
    },
    close: () => reader.close(),
    [Symbol.asyncDispose]: () => reader.close(),
  };
}

/** The body, which throws at its end when it is another: the store then drops what it has. */
async function* onlyWithHash(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  key: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== key) {
    throw new CacheError("CorruptEntry", `what was put as ${key} has another hash: it was not kept`, { key });
  }
}
