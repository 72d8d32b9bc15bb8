import { FormatError, isFormatError } from "../../errors.js";
import type { ZstdEncoder, ZstdFrameDecoder } from "../../zstd/codec.js";
import { createFrameLimits } from "../../zstd/frame-limits.js";
import { splitFrames } from "../../zstd/frame.js";

/**
 * Decompresses one frame as {@link ZstdFrameDecoder} does; what it returns may be overwritten by the next call, so that
 * no memory is allocated for it.
 */
export type ProofDecoder = ZstdFrameDecoder["decodeFrame"];

const proving = new WeakSet<ZstdEncoder>();

/**
 * The same encoder, but each of its frames is decompressed and compared with the content before it is given out. A
 * frame that is not proved, and whatever the encoder throws, is a `Compression` error. Reads what it is given by the
 * rules by which archives are read: what passes here is read everywhere.
 */
export function createProvingEncoder(encoder: ZstdEncoder, decode: ProofDecoder): ZstdEncoder {
  if (proving.has(encoder)) return encoder;
  const { name } = encoder;
  const proved: ZstdEncoder = {
    name,
    compress(content, level) {
      return attempt(name, () => {
        const frame = encoder.compress(content, level);
        prove(name, frame, content, decode);
        return frame;
      });
    },
    ...(encoder.compressInto !== undefined && {
      compressInto(target: Uint8Array, content: Uint8Array, level: number): number | undefined {
        return attempt(name, () => {
          const size = encoder.compressInto?.(target, content, level);
          if (size === undefined) return undefined;
          if (!Number.isSafeInteger(size) || size < 0 || size > target.length) {
            throw new RangeError(`it wrote ${size} bytes where there is room for ${target.length}`);
          }
          prove(name, target.subarray(0, size), content, decode);
          return size;
        });
      },
    }),
  };
  proving.add(proved);
  return proved;
}

/** The error with the file that it is about: an encoder only sees bytes. */
export function withFile(error: unknown, path: string): unknown {
  if (!isFormatError(error) || error.code !== "Compression" || error.path !== undefined) return error;
  const message = `${JSON.stringify(path)} cannot be archived: ${error.message}`;
  return new FormatError("Compression", message, { path, cause: error.cause });
}

function prove(name: string, stored: Uint8Array, content: Uint8Array, decode: ProofDecoder): void {
  if (stored.length === 0) throw notProved(name, "at all");
  let at = 0;
  try {
    const limits = createFrameLimits(content.length, { wholeFrames: true });
    for (const { bytes, header, mostContent } of splitFrames(stored, limits)) {
      const piece = decode(bytes, header, Math.min(mostContent, content.length - at));
      const expected = content.subarray(at, at + piece.length);
      if (Buffer.compare(piece, expected) !== 0) throw notProved(name, "to something else");
      // As readers do.
      if (header.contentSize !== undefined && header.contentSize !== piece.length) {
        throw notProved(name, "to another size than they say");
      }
      limits.content(piece.length);
      at += piece.length;
    }
  } catch (cause) {
    throw isFormatError(cause) ? cause : notProved(name, "at all", cause);
  }
  if (at !== content.length) throw notProved(name, `to ${at} bytes instead of ${content.length}`);
}

function notProved(name: string, how: string, cause?: unknown): FormatError {
  const what = how === "at all" ? "do not decompress at all" : `decompress ${how}`;
  return failed(`the frames that ${name} made ${what}`, cause);
}

function attempt<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (isFormatError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw failed(`${name} failed (${why})`, cause);
  }
}

function failed(why: string, cause: unknown): FormatError {
  const message = `${why}; repair that codec, use another one, or archive without compression`;
  return new FormatError("Compression", message, { cause });
}
