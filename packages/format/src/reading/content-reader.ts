import type { ContentRange } from "../archive.js";
import { checkByteRange } from "../sources/byte-range.js";
import type { ByteRange, ByteSource } from "../sources/byte-source.js";
import type { ContentThreads } from "./content-threads.js";
import type { Entry } from "../entry.js";
import { FormatError } from "../errors.js";
import type { ResolvedLimits } from "./read-limits.js";
import type { Sha256 } from "../sha256.js";
import { createTurns } from "../zstd/turns.js";
import type { ZstdDecoder } from "../zstd/codec.js";
import { withDecompressionErrors } from "../zstd/decompression-error.js";
import { checkStoredSize } from "../zstd/frame-limits.js";
import { decompressInTurns, pushInTurns } from "../zstd/in-turns.js";

/** Everything that reading content needs: the data, codecs and limits. */
export interface ContentSource {
  readonly data: ByteSource;
  readonly zstd: ZstdDecoder;
  readonly sha256: Sha256;
  readonly limits: ResolvedLimits;
  readonly threads?: ContentThreads | undefined;
}

export interface ContentOptions {
  readonly range: ContentRange | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Larger files are decompressed piece by piece, so that their stored bytes are not all in memory beside the content.
 */
const maxOneShotBytes = 4 * 1024 * 1024;

/** The content of a file, or a range of it, in one piece. */
export async function readContent(
  source: ContentSource,
  entry: Entry,
  { range, signal }: ContentOptions,
): Promise<Uint8Array> {
  checkReadable(entry);
  checkPromise(entry);
  signal?.throwIfAborted();
  if (range !== undefined) checkByteRange(range, entry.size, entry.path);
  const size = range?.length ?? entry.size;
  if (size > source.limits.maxFileBytes) {
    throw new FormatError(
      "SizeExceeded",
      `${JSON.stringify(entry.path)}: ${size} bytes are more than the ${source.limits.maxFileBytes} that are read into` +
        " memory at once; stream it, or raise limits.maxFileBytes",
      { path: entry.path },
    );
  }
  if (range !== undefined && size < entry.size) {
    return collect(streamContent(source, entry, { range, signal }), size, entry);
  }
  const { threads } = source;
  if (threads === undefined || entry.size === 0) return readWhole(source, entry, signal);
  return threads.read(entry.size, async (decode) => {
    if (decode === undefined) return readWhole(source, entry, signal);
    const { maxDecoderBytes } = source.limits;
    return decode(await collectStored(source, entry, signal), entry, { maxDecoderBytes, signal });
  });
}

function collectStored(
  { data }: ContentSource,
  entry: Entry,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  return collect(readStored(data, entry, signal), entry.storedSize, entry);
}

/** A whole file, decompressed and verified on this thread. */
async function readWhole(
  source: ContentSource,
  entry: Entry,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (entry.compression === "none" || entry.size > maxOneShotBytes) {
    return collect(streamContent(source, entry, { range: undefined, signal }), entry.size, entry);
  }
  if (entry.size === 0) return verified(source, entry, new Uint8Array(0));
  const stored = await collectStored(source, entry, signal);
  const { maxDecoderBytes } = source.limits;
  return verified(
    source,
    entry,
    await decompressInTurns(source.zstd, stored, entry, { maxDecoderBytes, signal }),
  );
}

/**
 * The content of a file, or a range of it, in pieces. A read from the beginning of a file to its end is verified at the
 * end; a part cannot be.
 */
export async function* streamContent(
  source: ContentSource,
  entry: Entry,
  { range, signal }: ContentOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkReadable(entry);
  checkPromise(entry);
  signal?.throwIfAborted();
  if (range !== undefined) {
    checkByteRange(range, entry.size, entry.path);
    if (range.length < entry.size) return yield* streamPart(source, entry, range, signal);
  }
  const hasher = source.sha256.create();
  for await (const chunk of decodedChunks(source, entry, signal)) {
    // Hashed before it is handed out: the consumer may write to the chunk.
    hasher.update(chunk);
    yield chunk;
  }
  checkHash(hasher.digest(), entry);
}

async function* streamPart(
  source: ContentSource,
  entry: Entry,
  { offset, length }: ContentRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (length === 0) return;
  if (entry.compression === "none") {
    yield* readExactly(source.data, { offset: entry.dataOffset + offset, length }, entry, signal);
    return;
  }
  let at = 0;
  const end = offset + length;
  for await (const chunk of decodedChunks(source, entry, signal)) {
    const from = Math.max(offset - at, 0);
    const to = Math.min(end - at, chunk.length);
    if (from < to) yield chunk.subarray(from, to);
    at += chunk.length;
    if (at >= end) return;
  }
}

async function* decodedChunks(
  source: ContentSource,
  entry: Entry,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Go stores an empty file as an empty zstd frame, which need not be fetched.
  if (entry.size === 0) return;
  const stored = readStored(source.data, entry, signal);
  if (entry.compression === "none") {
    const turns = createTurns();
    for await (const chunk of stored) {
      const { length } = chunk;
      yield chunk;
      await turns.after(length);
    }
    return;
  }
  const decoder = source.zstd.stream(entry, source.limits);
  const push = pushInTurns(decoder, signal);
  try {
    for await (const chunk of stored) yield* push(chunk);
    decoder.end();
  } finally {
    decoder.close();
  }
}

/** The bytes that the data part stores for a file, not decompressed: exactly as many as the index says, or an error. */
export function readStored(
  data: ByteSource,
  entry: Entry,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  return readExactly(data, storedRange(entry), entry, signal);
}

function storedRange(entry: Entry): ByteRange {
  return { offset: entry.dataOffset, length: entry.storedSize };
}

/**
 * A range of the source. Sources may be anybody's code, so a wrong length is an error. An empty range asks the source
 * for nothing.
 */
async function* readExactly(
  data: ByteSource,
  range: ByteRange,
  { path }: Entry,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (range.length === 0) return;
  let left = range.length;
  for await (const chunk of data.read(range, { signal })) {
    signal?.throwIfAborted();
    left -= chunk.length;
    if (left < 0) throw sourceMismatch(path, range, "more");
    yield chunk;
  }
  signal?.throwIfAborted();
  if (left > 0) throw sourceMismatch(path, range, "less");
}

function sourceMismatch(path: string, { offset, length }: ByteRange, what: string): FormatError {
  return new FormatError(
    "SourceMismatch",
    `The data part gave ${what} than the ${length} bytes from ${offset} on that ${JSON.stringify(path)} needs`,
    { path },
  );
}

/** Joins chunks of `size` bytes in total into one new array. */
async function collect(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  { path }: Entry,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(size);
  let at = 0;
  for await (const chunk of chunks) {
    if (at + chunk.length > size) throw sourceMismatch(path, { offset: 0, length: size }, "more");
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function checkReadable({ path, compression }: Entry): void {
  if (compression !== "unknown") return;
  throw new FormatError(
    "Unsupported",
    `${JSON.stringify(path)} is compressed in a way that this version does not know: a newer one may read it`,
    { path },
  );
}

/** Rejects sizes that cannot be true, before anything is requested or allocated for them. */
function checkPromise({ path, size, storedSize, compression }: Entry): void {
  if (compression !== "zstd" || size === 0) return;
  withDecompressionErrors(path, () => checkStoredSize(storedSize, size));
}

function verified(source: ContentSource, entry: Entry, content: Uint8Array): Uint8Array {
  checkHash(source.sha256.hash(content), entry);
  return content;
}

/** Throws `HashMismatch` unless this is the hash of the file's content. */
export function checkHash(actual: Uint8Array, { path, hash }: Entry): void {
  if (actual.length === hash.length && actual.every((byte, i) => byte === hash[i])) return;
  throw new FormatError(
    "HashMismatch",
    `${JSON.stringify(path)} does not have the content that the index promises: the data part is damaged or another one`,
    { path },
  );
}
