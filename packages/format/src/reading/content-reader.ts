import type { ContentRange } from "../archive.js";
import { checkByteRange } from "../sources/byte-range.js";
import type { ByteSource } from "../sources/byte-source.js";
import type { ChunkReader } from "./chunk-reader.js";
import type { ContentThreads } from "./content-threads.js";
import type { Entry, FileChunks } from "../entry.js";
import { FormatError } from "../errors.js";
import { collect, readExactly } from "./read-exactly.js";
import type { ResolvedLimits } from "./read-limits.js";
import { isSharedRange } from "./shared-range.js";
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
  /** How the file is cut, when the index says so, and who reads that. */
  readonly cut?: CutContent | undefined;
}

/** The chunks of a file, with their reader. */
export interface CutContent {
  readonly chunks: FileChunks;
  readonly reader: ChunkReader;
}

/**
 * Larger files are decompressed piece by piece, so that their stored bytes are not all in memory beside the content.
 */
const maxOneShotBytes = 4 * 1024 * 1024;

/** Of chunks, so much is handed out at a time: consumers hold back or buffer what they are given. */
const pieceBytes = 256 * 1024;

/** The content of a file, or a range of it, in one piece. */
export async function readContent(
  source: ContentSource,
  entry: Entry,
  { range, signal, cut }: ContentOptions,
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
  if (size < entry.size || isWorthKeeping(entry, cut)) {
    return collect(streamContent(source, entry, { range, signal, cut }), size, entry);
  }
  const { threads } = source;
  if (threads === undefined || entry.size === 0) return readWhole(source, entry, signal);
  return threads.read(entry.size, async (decode) => {
    if (decode === undefined) return readWhole(source, entry, signal);
    const { maxDecoderBytes } = source.limits;
    return decode(await collectStored(source, entry, signal), entry, { maxDecoderBytes, signal });
  });
}

/** Whether a whole file is read by its chunks because a store may have them, or is to have them. */
function isWorthKeeping(entry: Entry, cut: CutContent | undefined): boolean {
  if (cut?.reader.hasStore !== true) return false;
  return isSharedRange(cut.chunks, { offset: 0, length: entry.size });
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
 * The content of a file, or a range of it, in pieces. Of a file that is cut into chunks, each chunk is verified before
 * any of it is given. A read from the beginning of a file to its end is verified at the end; a part of a file without
 * chunks cannot be.
 */
export async function* streamContent(
  source: ContentSource,
  entry: Entry,
  { range, signal, cut }: ContentOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkReadable(entry);
  checkPromise(entry);
  signal?.throwIfAborted();
  if (range !== undefined) checkByteRange(range, entry.size, entry.path);
  const isPart = range !== undefined && range.length < entry.size;
  if (cut === undefined && isPart) return yield* streamPart(source, entry, range, signal);
  const pieces =
    cut === undefined
      ? decodedChunks(source, entry, signal)
      : verifiedPieces(cut, entry, range ?? { offset: 0, length: entry.size }, signal);
  const hasher = isPart ? undefined : source.sha256.create();
  for await (const piece of pieces) {
    // Hashed before it is handed out: the consumer may write to the piece.
    hasher?.update(piece);
    yield piece;
  }
  if (hasher !== undefined) checkHash(hasher.digest(), entry);
}

/** Of chunks, which others may read at the same time: the consumer gets a copy. */
async function* verifiedPieces(
  { chunks, reader }: CutContent,
  entry: Entry,
  range: ContentRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const turns = createTurns();
  for await (const content of reader.read({ entry, chunks }, range, { signal })) {
    for (let at = 0; at < content.length; at += pieceBytes) {
      // Not `slice`, by which a Buffer of Node does not copy.
      const piece = new Uint8Array(content.subarray(at, at + pieceBytes));
      const { length } = piece;
      yield piece;
      await turns.after(length);
      signal?.throwIfAborted();
    }
  }
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
  return readExactly(data, { offset: entry.dataOffset, length: entry.storedSize }, entry, signal);
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
