import { Readable } from "node:stream";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

import type { SignalOptions } from "../../sources/byte-source.js";
import { FormatError } from "../../errors.js";
import { decompressZstd, tooLarge } from "./decompress-zstd.js";

/** The limit of {@link decompressTar}. */
export interface DecompressTarOptions extends SignalOptions {
  /** More decompressed bytes are a `SizeExceeded` error. Default 64 GiB. */
  readonly maxBytes?: number | undefined;
}

const defaultMaxBytes = 64 * 1024 * 1024 * 1024;

/** What a stream begins with, and what that is. */
const magics: readonly (readonly [string, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
];

const longestMagic = 6;

/**
 * A tar stream out of what may be compressed with gzip or zstd, told by its first bytes, whatever it is called. What is
 * neither is passed on as it is. Lazy; leaving it early frees the source. Checksums of gzip are checked at the end; those of
 * zstd by `zstd-napi` and, for frames of up to 4 MiB, by `node:zlib`, but not by the decoder in JavaScript.
 *
 * @throws FormatError `Decompression` for what is damaged or cut off; `SizeExceeded`; `Unsupported` for compressions that
 *   need another program, which the message names, and for zip.
 * @example
 * ```ts
 * for await (const { path } of fromTar(decompressTar(process.stdin))) console.log(path);
 * ```
 */
export async function* decompressTar(
  stream: AsyncIterable<Uint8Array>,
  options: DecompressTarOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes = defaultMaxBytes, signal } = options;
  const iterator = stream[Symbol.asyncIterator]();
  let begun: Uint8Array = new Uint8Array(0);
  try {
    while (begun.length < longestMagic) {
      const next = await iterator.next();
      if (next.done === true) break;
      begun = joined(begun, next.value);
    }
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
  const whole = startingWith(begun, iterator);
  const kind = kindOf(begun);
  if (kind === undefined) return yield* whole;
  if (kind === "gzip") return yield* gunzip(whole, maxBytes, signal);
  if (kind === "zstd") return yield* decompressZstd(whole, { maxBytes, signal });
  await whole.return(undefined);
  await iterator.return?.();
  throw unsupported(kind);
}

function kindOf(begun: Uint8Array): string | undefined {
  // A skippable frame may come first (RFC 8878, section 3.1.2).
  const isSkippable =
    ((begun[0] ?? 0) & 0xf0) === 0x50 && begun[1] === 0x2a && begun[2] === 0x4d && begun[3] === 0x18;
  if (isSkippable) return "zstd";
  return magics.find(([, magic]) => magic.every((byte, at) => begun[at] === byte))?.[0];
}

function unsupported(kind: string): FormatError {
  const remedy =
    kind === "zip"
      ? "unpack it into a directory and archive that"
      : `decompress it on the way here, as in ${kind === "bzip2" ? "bzip2" : kind} -dc FILE | …`;
  return new FormatError("Unsupported", `The stream is ${kind}, which is not read: ${remedy}`);
}

async function* startingWith(
  begun: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (begun.length > 0) yield begun;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = createGunzip({ chunkSize: 64 * 1024 });
  // What goes wrong is thrown by the stream: an error of the source is passed on to it.
  pipeline(Readable.from(chunks), stream, () => undefined);
  let left = maxBytes;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      left -= chunk.length;
      if (left < 0) throw tooLarge(maxBytes);
      yield chunk;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw isOfZlib(cause) ? damaged(cause) : cause;
  } finally {
    stream.destroy();
  }
}

function isOfZlib(error: unknown): error is Error {
  return error instanceof Error && String(Reflect.get(error, "code")).startsWith("Z_");
}

function damaged(cause: Error): FormatError {
  const why = Reflect.get(cause, "code") === "Z_BUF_ERROR" ? "it was cut off" : "it is damaged";
  return new FormatError("Decompression", `The gzip stream cannot be decompressed: ${why}`, { cause });
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a, 0);
  both.set(b, a.length);
  return both;
}
