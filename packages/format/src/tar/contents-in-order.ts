import { linkSignals } from "@blob/core/abort";

import type { Archive } from "../archive.js";
import { bufferSource } from "../sources/buffer-source.js";
import type { ByteRange, ByteSource } from "../sources/byte-source.js";
import { readContent, streamContent } from "../reading/content-reader.js";
import type { ContentSource } from "../reading/content-reader.js";
import type { Entry } from "../entry.js";
import { FormatError } from "../errors.js";
import { resolveLimits } from "../reading/read-limits.js";
import { portableSha256 } from "../sha256.js";
import type { Sha256 } from "../sha256.js";
import type { ZstdDecoder } from "../zstd/codec.js";
import { portableZstdDecoder } from "../zstd/portable/portable.js";

/** How the files of an archive are read one after another. */
export interface ContentsOptions {
  /** What decompresses. Default: plain JavaScript; `@blob/format/node` has faster ones. */
  readonly zstd?: ZstdDecoder | undefined;
  /** What computes hashes. Default: plain JavaScript. */
  readonly sha256?: Sha256 | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file whose turn it is. */
export interface EntryContent {
  readonly entry: Entry;
  /**
   * The content, verified before its last chunk is given out. To be read to its end, or left, before the next file is asked
   * for.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Files whose stored bytes are fetched by one request. */
type Batch =
  | { readonly kind: "together"; readonly range: ByteRange; readonly entries: readonly Entry[] }
  /** Too large for memory, stored or decompressed. */
  | { readonly kind: "alone"; readonly entry: Entry };

/** The most that one request asks for; two of them are in memory. */
const maxRangeBytes = 4 * 1024 * 1024;

/** Unwanted bytes among them that cost less than a further request. */
const maxGapBytes = 64 * 1024;

/**
 * The contents of files in the order of the entries. Neighbours are fetched by one request, and the next ones while these
 * are being used. Memory depends on neither the files' sizes nor their number.
 */
export async function* contentsInOrder(
  archive: Archive,
  entries: Iterable<Entry>,
  options: ContentsOptions,
): AsyncGenerator<EntryContent, void, undefined> {
  const link = linkSignals(options.signal);
  const { signal } = link;
  const source = {
    data: archive.data,
    zstd: options.zstd ?? portableZstdDecoder,
    sha256: options.sha256 ?? portableSha256,
    limits: resolveLimits(),
  };
  const batches = inBatches(entries);
  let next = begin(batches.next().value, archive.data, signal);
  try {
    while (next !== undefined) {
      const { batch, stored } = next;
      const bytes = await stored;
      next = begin(batches.next().value, archive.data, signal);
      if (batch.kind === "alone") {
        yield { entry: batch.entry, chunks: verifiedChunks(source, batch.entry, signal) };
        continue;
      }
      const data = shifted(bytes, batch.range.offset, archive.data);
      for (const entry of batch.entries) yield { entry, chunks: whole({ ...source, data }, entry, signal) };
    }
  } finally {
    // What is being fetched is not wanted any more.
    link.abort(undefined);
    link.release();
    await next?.stored.catch(() => undefined);
  }
}

interface Fetch {
  readonly batch: Batch;
  readonly stored: Promise<Uint8Array>;
}

function begin(batch: Batch | undefined, data: ByteSource, signal: AbortSignal): Fetch | undefined {
  if (batch === undefined) return undefined;
  const range = batch.kind === "alone" ? { offset: 0, length: 0 } : batch.range;
  const stored = readRange(data, range, signal);
  // It is looked at when its turn comes.
  stored.catch(() => undefined);
  return { batch, stored };
}

function* inBatches(entries: Iterable<Entry>): Generator<Batch, undefined, undefined> {
  let open: { offset: number; end: number; entries: Entry[] } | undefined;
  const close = (): Batch[] => {
    if (open === undefined) return [];
    const { offset, end, entries: together } = open;
    open = undefined;
    return [{ kind: "together", range: { offset, length: end - offset }, entries: together }];
  };
  for (const entry of entries) {
    const { dataOffset, storedSize, size } = entry;
    if (storedSize > maxRangeBytes || size > maxRangeBytes) {
      yield* close();
      yield { kind: "alone", entry };
      continue;
    }
    // Empty files are wherever there is room.
    const from = storedSize === 0 ? (open?.end ?? 0) : dataOffset;
    const end = from + storedSize;
    const fits =
      open !== undefined &&
      from >= open.offset &&
      from - open.end <= maxGapBytes &&
      Math.max(open.end, end) - open.offset <= maxRangeBytes &&
      open.entries.length < maxTogether;
    if (!fits) yield* close();
    if (open === undefined) open = { offset: from, end, entries: [] };
    open.end = Math.max(open.end, end);
    open.entries.push(entry);
  }
  yield* close();
  return undefined;
}

/** Entries that are held at once. */
const maxTogether = 4096;

async function readRange(data: ByteSource, range: ByteRange, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = new Uint8Array(range.length);
  if (range.length === 0) return bytes;
  let at = 0;
  for await (const chunk of data.read(range, { signal })) {
    signal.throwIfAborted();
    if (at + chunk.length > bytes.length) throw mismatch(range, "more");
    bytes.set(chunk, at);
    at += chunk.length;
  }
  signal.throwIfAborted();
  if (at < bytes.length) throw mismatch(range, "less");
  return bytes;
}

function mismatch({ offset, length }: ByteRange, what: string): FormatError {
  return new FormatError(
    "SourceMismatch",
    `The data part gave ${what} than the ${length} bytes from ${offset} on that were asked for`,
  );
}

/** A part of the data that is in memory, under the offsets of the whole. */
function shifted(bytes: Uint8Array, offset: number, { id, size }: ByteSource): ByteSource {
  const inner = bufferSource(bytes, { id });
  return {
    id,
    size,
    read: (range, options) =>
      range.length === 0
        ? inner.read({ offset: 0, length: 0 }, options)
        : inner.read({ offset: range.offset - offset, length: range.length }, options),
  };
}

async function* whole(
  source: ContentSource,
  entry: Entry,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const content = await readContent(source, entry, { range: undefined, signal });
  if (content.length > 0) yield content;
}

/** Each chunk when the next one is there: the last one when all of them were verified. */
async function* verifiedChunks(
  source: ContentSource,
  entry: Entry,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array | undefined;
  for await (const chunk of streamContent(source, entry, { range: undefined, signal })) {
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (held !== undefined) yield held;
}
