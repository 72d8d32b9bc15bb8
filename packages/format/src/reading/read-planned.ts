import type { OpenOptions } from "./archive-reader.js";
import { bufferSource } from "../sources/buffer-source.js";
import type { ByteSource, SignalOptions } from "../sources/byte-source.js";
import { readContent } from "./content-reader.js";
import type { Entry } from "../entry.js";
import { FormatError } from "../errors.js";
import { resolveLimits } from "./read-limits.js";
import type { PlannedRead } from "./read-plan.js";
import { portableSha256 } from "../sha256.js";
import { createTurns } from "../zstd/turns.js";
import { portableZstdDecoder } from "../zstd/portable/portable.js";

/** A file, and all of its content. */
export interface ReadFile {
  /** What the index says of the file. */
  readonly entry: Entry;
  /** The whole content, verified. It belongs to the caller. */
  readonly content: Uint8Array;
}

/**
 * The files of a planned read, from one range of the source: each is verified before it is given. In memory are the
 * range, which `planReads` bounds, and the content of one file. Errors as of `Archive.readFile`.
 *
 * @example
 * ```ts
 * const plan = planReads(archive.entries("css"), { maxGapBytes: 256 * 1024, maxRangeBytes: 8 * 1024 * 1024 });
 * for (const read of plan) {
 *   for await (const { entry, content } of readPlanned(archive.data, read)) console.log(entry.path, content.length);
 * }
 * ```
 */
export async function* readPlanned(
  data: ByteSource,
  { offset, length, entries }: PlannedRead,
  { zstd = portableZstdDecoder, sha256 = portableSha256, limits, signal }: OpenOptions & SignalOptions = {},
): AsyncGenerator<ReadFile, void, undefined> {
  const fetched = bufferSource(await fetchWhole(data, { offset, length }, signal), { id: data.id });
  const held: ByteSource = {
    id: data.id,
    size: data.size,
    read: (range, options) => fetched.read({ offset: range.offset - offset, length: range.length }, options),
  };
  const source = { data: held, zstd, sha256, limits: resolveLimits(limits) };
  const turns = createTurns();
  for (const entry of entries) {
    const content = await readContent(source, entry, { range: undefined, signal });
    yield { entry, content };
    await turns.after(content.length);
  }
}

async function fetchWhole(
  data: ByteSource,
  range: { readonly offset: number; readonly length: number },
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(range.length);
  let at = 0;
  if (range.length === 0) return bytes;
  for await (const chunk of data.read(range, { signal })) {
    signal?.throwIfAborted();
    if (at + chunk.length > bytes.length) throw sourceMismatch(range, "more");
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (at < bytes.length) throw sourceMismatch(range, "less");
  return bytes;
}

function sourceMismatch(
  { offset, length }: { readonly offset: number; readonly length: number },
  what: string,
): FormatError {
  return new FormatError(
    "SourceMismatch",
    `The data part gave ${what} than the ${length} bytes from ${offset} on that were asked for`,
  );
}
