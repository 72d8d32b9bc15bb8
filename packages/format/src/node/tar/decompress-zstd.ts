import { FormatError } from "../../errors.js";
import { createTurns } from "../../zstd/turns.js";
import type { ZstdFrameStream } from "../../zstd/codec.js";
import { asDecompressionError, withDecompressionErrors } from "../../zstd/decompression-error.js";
import { maxBlockBytes } from "../../zstd/frame-header.js";
import { createFrameLimits } from "../../zstd/frame-limits.js";
import { createFrameScanner } from "../../zstd/frame-scanner.js";
import { loadFrameDecoder } from "../zstd/zstd-decoder.js";

export interface DecompressZstdOptions {
  /** More content than this is a `SizeExceeded` error. */
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** What errors call it. */
const name = "the zstd stream";

/**
 * Decompresses frames whose content nobody promised a size for, which is why there has to be a limit; apart from that the
 * rules for frames are those for files of archives, whichever library does the work.
 */
export async function* decompressZstd(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes, signal }: DecompressZstdOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = await loadFrameDecoder();
  const limits = createFrameLimits(Number.POSITIVE_INFINITY, { wholeFrames: false });
  const scanner = createFrameScanner(limits);
  const turns = createTurns();
  let frame: ZstdFrameStream | undefined;
  let left = maxBytes;

  /** What the next bytes complete. An empty piece says that there was work without content. */
  function* decode(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    try {
      for (const piece of scanner.push(chunk)) {
        yield nothing;
        if (piece.kind === "skippable") continue;
        if (piece.kind === "header") {
          if ((piece.header.contentSize ?? 0) > left) throw tooLarge(maxBytes);
          // One block more than there may be: that it is too much is found here.
          frame = decoder.startFrame(piece.header, left + maxBlockBytes);
        }
        for (const content of frame?.push(piece.bytes) ?? []) {
          limits.content(content.length);
          left -= content.length;
          if (left < 0) throw tooLarge(maxBytes);
          yield content;
        }
        if (!piece.last) continue;
        limits.content(0);
        frame?.close?.();
        frame = undefined;
      }
    } catch (error) {
      throw asDecompressionError(error, name);
    }
  }

  try {
    // Errors of the source are none of the frames.
    for await (const chunk of chunks) {
      for (const content of decode(chunk)) {
        if (content.length > 0) yield content;
        await turns.after(Math.max(content.length, 1));
        signal?.throwIfAborted();
      }
    }
    withDecompressionErrors(name, () => scanner.end());
  } finally {
    frame?.close?.();
  }
}

const nothing = new Uint8Array(0);

export function tooLarge(maxBytes: number): FormatError {
  return new FormatError(
    "SizeExceeded",
    `The stream decompresses to more than the limit of ${maxBytes} bytes; raise maxBytes if that is meant`,
  );
}
