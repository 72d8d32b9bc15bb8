import { FormatError, isFormatError } from "../errors.js";
import type {
  ZstdDecodeOptions,
  ZstdDecoder,
  ZstdFrameDecoder,
  ZstdFrameStream,
  ZstdPromise,
  ZstdStream,
} from "./codec.js";
import { ZstdFrameProblem } from "./frame-header.js";
import { createFrameLimits } from "./frame-limits.js";
import { createFrameScanner } from "./frame-scanner.js";
import { splitFrames } from "./frame.js";

/** Puts the format's rules around a library: what is checked is the same whichever one does the work. */
export function createZstdDecoder(frames: ZstdFrameDecoder): ZstdDecoder {
  return {
    name: frames.name,
    decompress(stored, file, options = {}) {
      return rethrowing(file, () => decompress(frames, stored, file, options));
    },
    stream: (file, options = {}) => createStream(frames, file, options),
  };
}

function decompress(
  frames: ZstdFrameDecoder,
  stored: Uint8Array,
  file: ZstdPromise,
  { maxDecoderBytes }: ZstdDecodeOptions,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (const { bytes, header } of splitFrames(stored, createFrameLimits(file.size, maxDecoderBytes))) {
    const content = frames.decodeFrame(bytes, header, file.size - size);
    checkFrameSize(content.length, header.contentSize);
    size += content.length;
    if (size > file.size) throw tooMuch(file);
    if (content.length > 0) pieces.push(content);
  }
  if (size < file.size) throw tooLittle(size, file);
  const [first] = pieces;
  return first !== undefined && pieces.length === 1 ? first : joined(pieces, size);
}

function createStream(
  frames: ZstdFrameDecoder,
  file: ZstdPromise,
  { maxDecoderBytes }: ZstdDecodeOptions,
): ZstdStream {
  const scanner = createFrameScanner(createFrameLimits(file.size, maxDecoderBytes));
  let frame: ZstdFrameStream | undefined;
  let frameSize = 0;
  let size = 0;

  function* push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (const piece of scanner.push(chunk)) {
      if (piece.kind === "header") {
        frame = frames.startFrame(piece.header, file.size - size);
        frameSize = 0;
      }
      for (const content of frame?.push(piece.bytes) ?? []) {
        size += content.length;
        frameSize += content.length;
        if (size > file.size) throw tooMuch(file);
        if (content.length > 0) yield content;
      }
      if (piece.last) {
        checkFrameSize(frameSize, piece.header.contentSize);
        frame = undefined;
      }
    }
  }

  return {
    *push(chunk) {
      try {
        yield* push(chunk);
      } catch (error) {
        throw asDecompressionError(error, file);
      }
    },
    end() {
      rethrowing(file, () => {
        scanner.end();
        if (size < file.size) throw tooLittle(size, file);
      });
    },
  };
}

function checkFrameSize(size: number, declared: number | undefined): void {
  if (declared === undefined || declared === size) return;
  throw new ZstdFrameProblem(`a frame has ${size} bytes and declares ${declared}`);
}

function tooMuch({ size }: ZstdPromise): ZstdFrameProblem {
  return new ZstdFrameProblem(`there is more than the ${size} bytes that the index promises`);
}

function tooLittle(size: number, file: ZstdPromise): ZstdFrameProblem {
  return new ZstdFrameProblem(`there are ${size} bytes, and the index promises ${file.size}`);
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function rethrowing<T>(file: ZstdPromise, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw asDecompressionError(error, file);
  }
}

/** Libraries throw all kinds of things; callers are promised one. */
function asDecompressionError(error: unknown, { path }: ZstdPromise): FormatError {
  if (isFormatError(error)) return error;
  const why = error instanceof ZstdFrameProblem ? error.message : "the compressed bytes are damaged";
  return new FormatError("Decompression", `${JSON.stringify(path)} cannot be decompressed: ${why}`, {
    path,
    cause: error,
  });
}
