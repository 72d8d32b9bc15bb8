import type {
  ZstdDecodeOptions,
  ZstdDecoder,
  ZstdFrameDecoder,
  ZstdFrameHeader,
  ZstdFrameStream,
  ZstdPromise,
  ZstdStream,
} from "./codec.js";
import { asDecompressionError, withDecompressionErrors } from "./decompression-error.js";
import { ZstdFrameProblem } from "./frame-header.js";
import { createFrameLimits } from "./frame-limits.js";
import { createFrameScanner } from "./frame-scanner.js";
import { splitFrames } from "./frame.js";

/** Puts the format's rules around a library: what is checked is the same whichever one does the work. */
export function createZstdDecoder(frames: ZstdFrameDecoder): ZstdDecoder {
  return {
    name: frames.name,
    decompress(stored, file, options = {}) {
      return withDecompressionErrors(file.path, () => decompress(frames, stored, file, options));
    },
    decompressInto(target, stored, file, options = {}) {
      return withDecompressionErrors(file.path, () => decompressInto(frames, target, stored, file, options));
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
  const limits = createFrameLimits(file.size, { maxDecoderBytes, wholeFrames: true });
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (const { bytes, header, mostContent } of splitFrames(stored, limits)) {
    // Libraries may allocate as much as they are allowed: that is what the frame can hold, not what is promised.
    const content = frames.decodeFrame(bytes, header, Math.min(mostContent, file.size - size));
    checkFrameSize(content.length, header.contentSize);
    limits.content(content.length);
    size += content.length;
    if (content.length > 0) pieces.push(bytes.length < stored.length ? trimmed(content) : content);
  }
  limits.end();
  const [first] = pieces;
  return first !== undefined && pieces.length === 1 ? first : joined(pieces, size);
}

function decompressInto(
  frames: ZstdFrameDecoder,
  target: Uint8Array,
  stored: Uint8Array,
  file: ZstdPromise,
  { maxDecoderBytes }: ZstdDecodeOptions,
): Uint8Array {
  const limits = createFrameLimits(file.size, { maxDecoderBytes, wholeFrames: true });
  let size = 0;
  for (const { bytes, header, mostContent } of splitFrames(stored, limits)) {
    const room = target.subarray(size, size + Math.min(mostContent, file.size - size));
    const found = decodeFrameInto(frames, room, bytes, header);
    checkFrameSize(found, header.contentSize);
    limits.content(found);
    size += found;
  }
  limits.end();
  return target.subarray(0, size);
}

function decodeFrameInto(
  frames: ZstdFrameDecoder,
  room: Uint8Array,
  frame: Uint8Array,
  header: ZstdFrameHeader,
): number {
  if (frames.decodeFrameInto !== undefined) return frames.decodeFrameInto(room, frame);
  const content = frames.decodeFrame(frame, header, room.length);
  room.set(content);
  return content.length;
}

/** Pieces without content in a row after which a caller gets an occasion to do something else. */
const piecesWithoutContent = 64;

const nothing = new Uint8Array(0);

function createStream(
  frames: ZstdFrameDecoder,
  file: ZstdPromise,
  { maxDecoderBytes }: ZstdDecodeOptions,
): ZstdStream {
  const limits = createFrameLimits(file.size, { maxDecoderBytes, wholeFrames: false });
  const scanner = createFrameScanner(limits);
  let frame: ZstdFrameStream | undefined;
  let frameSize = 0;
  let size = 0;
  let idlePieces = 0;

  function closeFrame(): void {
    const closing = frame;
    frame = undefined;
    closing?.close?.();
  }

  function* push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (const piece of scanner.push(chunk)) {
      idlePieces += 1;
      if (piece.kind !== "skippable") {
        if (piece.kind === "header") {
          frame = frames.startFrame(piece.header, file.size - size);
          frameSize = 0;
        }
        for (const content of frame?.push(piece.bytes) ?? []) {
          size += content.length;
          frameSize += content.length;
          limits.content(content.length);
          if (content.length === 0) continue;
          idlePieces = 0;
          yield content;
        }
        if (piece.last) {
          checkFrameSize(frameSize, piece.header.contentSize);
          // What its blocks could have held is known now.
          limits.content(0);
          closeFrame();
        }
      }
      if (idlePieces < piecesWithoutContent) continue;
      idlePieces = 0;
      yield nothing;
    }
  }

  return {
    *push(chunk) {
      let isWhole = false;
      try {
        yield* push(chunk);
        isWhole = true;
      } catch (error) {
        throw asDecompressionError(error, file.path);
      } finally {
        // Also when the consumer leaves: there is no way to go on.
        if (!isWhole) closeFrame();
      }
    },
    end() {
      withDecompressionErrors(file.path, () => {
        scanner.end();
        limits.end();
      });
    },
    close: closeFrame,
  };
}

function checkFrameSize(size: number, declared: number | undefined): void {
  if (declared === undefined || declared === size) return;
  throw new ZstdFrameProblem(`a frame has ${size} bytes and declares ${declared}`);
}

/** Memory of the content's size: many frames that hold little would keep much. */
function trimmed(content: Uint8Array): Uint8Array {
  return content.buffer.byteLength > 2 * content.length ? new Uint8Array(content) : content;
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
