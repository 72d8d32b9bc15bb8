import type { ZstdFrameHeader, ZstdFrameStream } from "../../zstd/codec.js";
import { maxBlockBytes } from "../../zstd/frame-header.js";

/** Frames with more content are not collected: decompressing this much at once takes some ten milliseconds. */
const maxCollectedBytes = 4 * 1024 * 1024;

/** Nor are frames of many blocks that hold less than this on average, each of which may have tables of its own. */
const bytesPerBlock = 8 * 1024;
const freeBlocks = 64;

/** Whether a frame says that it has little enough content, as those of this package do. */
export function isCollected({ contentSize }: ZstdFrameHeader): boolean {
  return contentSize !== undefined && contentSize <= maxCollectedBytes;
}

export interface CollectedFrame {
  /** Decodes all of it. */
  readonly decode: (frame: Uint8Array) => Uint8Array;
  /** Decodes it piece by piece, when it turns out to be more work than its size lets expect. */
  readonly stream: () => ZstdFrameStream;
}

/**
 * Collects the pieces of a frame, and decodes it when the last one is there: for libraries that are faster so, or have no
 * sync streams.
 */
export function createCollectingStream(
  { hasChecksum, contentSize = 0 }: ZstdFrameHeader,
  { decode, stream }: CollectedFrame,
): ZstdFrameStream {
  const maxPieces = freeBlocks + contentSize / bytesPerBlock;
  const pieces: Uint8Array[] = [];
  let size = 0;
  let blocksLeft = true;
  let streaming: ZstdFrameStream | undefined;

  function* decoded(): Generator<Uint8Array, void, undefined> {
    const content = decode(Buffer.concat(pieces.splice(0)));
    for (let at = 0; at < content.length; at += maxBlockBytes) {
      yield content.subarray(at, at + maxBlockBytes);
    }
  }

  return {
    *push(piece) {
      if (streaming !== undefined) return yield* streaming.push(piece);
      // A block's first bit says whether it is the last one (RFC 8878, section 3.1.1.2); the header comes before it.
      const isLastBlock = pieces.length > 0 && blocksLeft && ((piece[0] ?? 0) & 1) === 1;
      const isEnd = hasChecksum ? !blocksLeft : isLastBlock;
      if (isLastBlock) blocksLeft = false;
      size += piece.length;
      // A copy also where it is a Buffer, whose own `slice` is none.
      pieces.push(new Uint8Array(piece));
      if (isEnd) return yield* decoded();
      if (pieces.length <= maxPieces && size <= 2 * maxCollectedBytes) return;
      streaming = stream();
      for (const collected of pieces.splice(0)) yield* streaming.push(collected);
    },
    close() {
      pieces.splice(0);
      streaming?.close?.();
    },
  };
}
