import type { Caches } from "@blob/cache";
import type { Archive, Chunk, ChunkStore, ContentRange, Entry, FileChunks } from "@blob/format";
import type { ReadLimits, ReadOptions } from "@blob/format";
import { isSharedRange } from "@blob/format";
import { readFileBy } from "../read-file.js";
import { createChunksInUse } from "./chunks-in-use.js";

/** The caches of contents and of chunks, for one archive. */
export interface CachedContents {
  /** Where the archive finds and keeps chunks. Default: none, when chunks are not kept. */
  readonly store: ChunkStore | undefined;
  /**
   * The archive, with reads that take contents from the cache if they are there: whole files, which are put there once
   * they were read and verified, and ranges of files that are cut into chunks, of which only the chunks are read and
   * verified. A range of another file could be verified only with all of it, and is not looked for.
   */
  archive<T extends Archive>(inner: T): T;
}

/** The default of `limits.maxFileBytes` in `@blob/format`: larger contents are not taken from the cache, either. */
const defaultMaxFileBytes = 256 * 1024 * 1024;

/**
 * A chunk that is not kept by itself may be in a content that is: then that is read, after the chunks in memory and those
 * that are kept. Chunks of a file that is read whole are not kept beside its content.
 */
export function cachedContents(
  { content, chunks: kept }: Pick<Caches, "content" | "chunks">,
  { maxFileBytes = defaultMaxFileBytes }: ReadLimits,
): CachedContents {
  /** Which content has a chunk, and where. */
  const parts = createChunksInUse<{ readonly of: Uint8Array; readonly part: Chunk }>();
  const wholes = createChunksInUse<true>();

  const store: ChunkStore | undefined = kept && {
    async get(hash, options) {
      const chunk = await kept.get(hash, options);
      if (chunk !== undefined) return chunk;
      const place = parts.get(hash);
      if (place === undefined || place.part.size > options.maxBytes) return undefined;
      return content.getPart(place.of, place.part, options);
    },
    async put(hash, pieces) {
      if (wholes.get(hash) === undefined) await kept.put(hash, pieces);
    },
  };

  /** From a place of the file on to the end of its chunk, or of what is wanted. */
  async function knownPiece(
    { entry, chunks }: CutFile,
    from: number,
    to: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const chunk = chunks.at(chunks.indexOf(from));
    const whole = chunk && (await content.getPart(entry.hash, chunk, { signal }));
    return chunk && whole?.subarray(from - chunk.offset, to - chunk.offset);
  }

  /** All of a range out of the cache of contents; undefined when a part of it is missing. */
  async function knownRange(
    file: CutFile,
    { offset, length }: ContentRange,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    let known: Uint8Array | undefined;
    for (let at = offset; at < offset + length;) {
      const piece = await knownPiece(file, at, offset + length, signal);
      if (piece === undefined) return undefined;
      // Not before something is there: mostly nothing is.
      known ??= new Uint8Array(length);
      known.set(piece, at - offset);
      at += piece.length;
    }
    return known;
  }

  function usePart({ entry, chunks }: CutFile, range: ContentRange): () => void {
    return parts.use(chunksIn(chunks, range), (part) => ({ of: entry.hash, part }));
  }

  async function readRange(
    archive: Archive,
    file: CutFile,
    range: ContentRange,
    options: ReadOptions,
  ): Promise<Uint8Array> {
    // Reading asks no store for larger ranges: their chunks are looked for here.
    if (!isSharedRange(file.chunks, range)) {
      const known = range.length <= maxFileBytes ? await knownRange(file, range, options.signal) : undefined;
      return known ?? archive.readFile(file.entry.path, options);
    }
    const release = usePart(file, range);
    try {
      return await archive.readFile(file.entry.path, options);
    } finally {
      release();
    }
  }

  async function readWhole(archive: Archive, entry: Entry, options: ReadOptions): Promise<Uint8Array> {
    const { signal } = options;
    const known = await content.get(entry.hash, { maxBytes: entry.size, signal });
    if (known !== undefined && known.length === entry.size) return known;
    const chunks = archive.chunks(entry.path);
    const whole = { offset: 0, length: entry.size };
    const release =
      chunks !== undefined && isSharedRange(chunks, whole) ? wholes.use(chunks, () => true) : undefined;
    try {
      const bytes = await archive.readFile(entry.path, options);
      await content.put(entry.hash, [bytes], { signal });
      return bytes;
    } finally {
      release?.();
    }
  }

  async function* streamRange(
    archive: Archive,
    file: CutFile,
    { offset, length }: ContentRange,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const end = offset + length;
    const { path } = file.entry;
    const isSmall = isSharedRange(file.chunks, { offset, length });
    let at = offset;
    let piece = isSmall ? undefined : await knownPiece(file, at, end, signal);
    // What is known, and the rest as ever.
    while (piece !== undefined) {
      // Before it is the consumer's, who may transfer it.
      at += piece.length;
      yield piece;
      piece = at < end ? await knownPiece(file, at, end, signal) : undefined;
    }
    if (at === end) return;
    const rest = { offset: at, length: end - at };
    const release = usePart(file, isSmall ? rest : { offset: 0, length: 0 });
    try {
      yield* archive.stream(path, { range: rest, signal });
    } finally {
      release();
    }
  }

  return {
    store,
    archive(archive) {
      async function readBytes(path: string, options: ReadOptions): Promise<Uint8Array> {
        const entry = archive.entry(path);
        const { range } = options;
        if (entry === undefined || entry.size === 0) return archive.readFile(path, options);
        if (range !== undefined && !isWhole(range, entry)) {
          const chunks = isInside(range, entry) ? archive.chunks(path) : undefined;
          return chunks === undefined
            ? archive.readFile(path, options)
            : readRange(archive, { entry, chunks }, range, options);
        }
        return entry.size > maxFileBytes
          ? archive.readFile(path, options)
          : readWhole(archive, entry, options);
      }

      return {
        ...archive,
        readFile: readFileBy(readBytes),
        stream(path: string, options: ReadOptions = {}) {
          // Errors about the path are thrown by the call, not by the iterable.
          const all = archive.stream(path, options);
          const { range, signal } = options;
          const entry = archive.entry(path);
          const chunks = archive.chunks(path);
          if (range === undefined || entry === undefined || chunks === undefined) return all;
          if (isWhole(range, entry) || !isInside(range, entry)) return all;
          return streamRange(archive, { entry, chunks }, range, signal);
        },
      };
    },
  };
}

interface CutFile {
  readonly entry: Entry;
  readonly chunks: FileChunks;
}

function* chunksIn(chunks: FileChunks, { offset, length }: ContentRange): Generator<Chunk, void, undefined> {
  for (let at = offset; at < offset + length;) {
    const chunk = chunks.at(chunks.indexOf(at));
    if (chunk === undefined) return;
    yield chunk;
    at = chunk.offset + chunk.size;
  }
}

/** Then it is not enough that its chunks are right. */
function isWhole({ offset, length }: ContentRange, { size }: Entry): boolean {
  return offset === 0 && length === size;
}

/** A range that is not, or has no bytes, is for the archive to answer. */
function isInside({ offset, length }: ContentRange, { size }: Entry): boolean {
  const isNumber = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  return isNumber && offset >= 0 && length > 0 && offset + length <= size;
}
