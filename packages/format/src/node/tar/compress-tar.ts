import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";

import type { SignalOptions } from "../../sources/byte-source.js";
import { defaultLevel, loadZstdEncoder } from "../zstd/zstd-encoders.js";

/** How a tar stream is compressed. */
export type TarCompression = "none" | "gzip" | "zstd";

/** As large as the frames of archives: what follows is compressed without looking back. */
const frameBytes = 4 * 1024 * 1024;

/**
 * A stream, compressed: gzip with level 6, or zstd with level 3 in frames of 4 MiB. Lazy, with back-pressure; leaving it early
 * frees the source. Equal bytes give equal bytes, on every platform, as long as the compressor is the same: Node's zlib for
 * gzip, and for zstd the one that `createNodeZstd` chooses.
 *
 * @throws errors of the stream as they are; FormatError `Compression`, `Unsupported` when this runtime has no zstd.
 * @example
 * ```ts
 * await pipeline(compressTar(toTar(archive), "zstd"), createWriteStream("site.tar.zst"));
 * ```
 */
export function compressTar(
  stream: AsyncIterable<Uint8Array>,
  compression: TarCompression,
  { signal }: SignalOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  switch (compression) {
    case "none":
      return asItIs(stream, signal);
    case "gzip":
      return gzip(stream, signal);
    case "zstd":
      return zstd(stream, signal);
  }
}

async function* asItIs(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    yield chunk;
  }
}

/** Where the header says which system it was made on (RFC 1952, section 2.3), and the value for "unknown". */
const systemAt = 9;
const unknownSystem = 0xff;

async function* gzip(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const compressor = createGzip({ chunkSize: 64 * 1024 });
  // What goes wrong is thrown by the compressor: an error of the source is passed on to it.
  pipeline(Readable.from(stream), compressor, () => undefined);
  let at = 0;
  try {
    for await (const chunk of compressor as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      if (at <= systemAt && systemAt < at + chunk.length) chunk[systemAt - at] = unknownSystem;
      at += chunk.length;
      yield chunk;
    }
  } finally {
    compressor.destroy();
  }
}

async function* zstd(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = await loadZstdEncoder();
  const frame = new Uint8Array(frameBytes);
  let filled = 0;
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + frameBytes - filled);
      frame.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled < frameBytes) continue;
      signal?.throwIfAborted();
      yield encoder.compress(frame, defaultLevel);
      filled = 0;
    }
  }
  if (filled > 0) yield encoder.compress(frame.subarray(0, filled), defaultLevel);
}
