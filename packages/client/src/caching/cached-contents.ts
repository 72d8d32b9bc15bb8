import type { ContentCache } from "@blob/cache";
import type { Archive, ContentRange, Entry, FileChunks, ReadLimits, ReadOptions } from "@blob/format";
import { readFileBy } from "../read-file.js";

/** The default of `limits.maxFileBytes` in `@blob/format`: larger contents are not taken from the cache, either. */
const defaultMaxFileBytes = 256 * 1024 * 1024;

/**
 * The archive, with reads that take contents from the cache if they are there: whole files, which are put there once they
 * were read and verified, and ranges of files that are cut into chunks, of which only the chunks are read and verified. A
 * range of another file could be verified only with all of it, and is not looked for.
 */
export function withContentCache<T extends Archive>(
  archive: T,
  content: ContentCache,
  { maxFileBytes = defaultMaxFileBytes }: ReadLimits,
): T {
  async function readBytes(path: string, options: ReadOptions): Promise<Uint8Array> {
    const entry = archive.entry(path);
    const { range, signal } = options;
    if (entry === undefined || entry.size === 0) return archive.readFile(path, options);
    if (range !== undefined && !isWhole(range, entry)) {
      const chunks = range.length <= maxFileBytes ? archive.chunks(path) : undefined;
      const known = chunks && (await knownRange({ content, entry, chunks }, range, signal));
      return known ?? archive.readFile(path, options);
    }
    if (entry.size > maxFileBytes) return archive.readFile(path, options);
    const known = await content.get(entry.hash, { maxBytes: entry.size, signal });
    if (known !== undefined && known.length === entry.size) return known;
    const bytes = await archive.readFile(path, options);
    await content.put(entry.hash, [bytes], { signal });
    return bytes;
  }

  /** Chunks as long as they are known, and the rest as ever. */
  async function* streamRange(
    path: string,
    cut: CutContent,
    { offset, length }: ContentRange,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const end = offset + length;
    let at = offset;
    while (at < end) {
      const piece = await knownPiece(cut, at, end, signal);
      if (piece === undefined)
        return yield* archive.stream(path, { range: { offset: at, length: end - at }, signal });
      yield piece;
      at += piece.length;
    }
  }

  return {
    ...archive,
    readFile: readFileBy(readBytes),
    stream(path: string, options: ReadOptions = {}) {
      // Errors about the path are thrown by the call, not by the iterable.
      const rest = archive.stream(path, options);
      const { range, signal } = options;
      const entry = archive.entry(path);
      const chunks = archive.chunks(path);
      if (range === undefined || entry === undefined || chunks === undefined || !isInside(range, entry))
        return rest;
      return streamRange(path, { content, entry, chunks }, range, signal);
    },
  };
}

/** A file that is cut into chunks, and the cache that may have its content. */
interface CutContent {
  readonly content: ContentCache;
  readonly entry: Entry;
  readonly chunks: FileChunks;
}

/** All of a range out of the cache; undefined when a part of it is missing, or it is none of the file. */
async function knownRange(
  cut: CutContent,
  range: ContentRange,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (!isInside(range, cut.entry)) return undefined;
  const { offset, length } = range;
  let known: Uint8Array | undefined;
  for (let at = offset; at < offset + length;) {
    const piece = await knownPiece(cut, at, offset + length, signal);
    if (piece === undefined) return undefined;
    // Not before something is there: nothing mostly is.
    known ??= new Uint8Array(length);
    known.set(piece, at - offset);
    at += piece.length;
  }
  return known;
}

/** From a place of the file on to the end of its chunk, or of what is wanted. */
async function knownPiece(
  { content, entry, chunks }: CutContent,
  from: number,
  to: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const chunk = chunks.at(chunks.indexOf(from));
  const whole = chunk && (await content.getPart(entry.hash, chunk, { signal }));
  return chunk && whole?.subarray(from - chunk.offset, to - chunk.offset);
}

/** Then it is not enough that its chunks are right. */
function isWhole({ offset, length }: ContentRange, { size }: Entry): boolean {
  return offset === 0 && length === size;
}

/** A range that is not is for the archive to refuse. */
function isInside({ offset, length }: ContentRange, { size }: Entry): boolean {
  return (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length > 0 &&
    offset + length <= size
  );
}
