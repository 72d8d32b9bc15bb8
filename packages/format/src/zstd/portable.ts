import type { ZstdDecoder, ZstdFrameDecoder, ZstdFrameHeader } from "./codec.js";
import { createZstdDecoder } from "./decoder.js";
import { blockHeaderBytes, maxBlockBytes, parseBlockHeader } from "./frame-header.js";
import { createBlockState, decodeBlock } from "./portable/block.js";
import { createHistory } from "./portable/history.js";

/**
 * Decodes zstd frames in plain JavaScript, without anything of the runtime (RFC 8878). Every length is checked before
 * something is copied: time is bounded by the size of input and output, memory by the output. Checksums are not looked
 * at; the hash in the index is what counts.
 */
export const portableZstdFrames: ZstdFrameDecoder = {
  name: "portable",
  decodeFrame(frame, header, maxBytes) {
    const { headerSize, windowSize } = header;
    const state = createBlockState();
    const buffer = new Uint8Array(Math.min(mostContent(frame, header), maxBytes));
    let start = 0;
    for (let at = headerSize, last = false; !last;) {
      const limit = Math.min(buffer.length, start + Math.min(windowSize, maxBlockBytes));
      const block = decodeBlock(state, frame, at, { buffer, start, limit, historyStart: 0, windowSize });
      at += block.storedBytes;
      start = block.contentEnd;
      last = block.last;
    }
    return start === buffer.length ? buffer : buffer.slice(0, start);
  },
  startFrame({ windowSize }, maxBytes) {
    const state = createBlockState();
    const history = createHistory(windowSize, maxBytes);
    const mostOfBlock = Math.min(windowSize, maxBlockBytes);
    let left = maxBytes;
    /** Whether the next piece is a block: not the header before, nor the checksum after them. */
    let isBlockNext = false;
    return {
      *push(piece) {
        if (!isBlockNext) {
          isBlockNext = true;
          return;
        }
        const allowed = Math.min(mostOfBlock, left);
        const { buffer, end } = history.reserve(allowed);
        const target = { buffer, start: end, limit: end + allowed, historyStart: 0, windowSize };
        const block = decodeBlock(state, piece, 0, target);
        isBlockNext = !block.last;
        left -= block.contentEnd - end;
        history.advance(block.contentEnd);
        if (block.contentEnd > end) yield buffer.slice(end, block.contentEnd);
      },
    };
  },
};

/** What the content can be at most: a few bytes of frame do not get all the memory that the index promises. */
function mostContent(frame: Uint8Array, { headerSize, windowSize, contentSize }: ZstdFrameHeader): number {
  if (contentSize !== undefined) return contentSize;
  let most = 0;
  for (let at = headerSize, last = false; !last;) {
    const block = parseBlockHeader(frame, at, windowSize);
    most += block.type === "compressed" ? Math.min(windowSize, maxBlockBytes) : block.size;
    at += blockHeaderBytes + block.storedSize;
    last = block.last;
  }
  return most;
}

/** The decoder that runs everywhere. */
export const portableZstdDecoder: ZstdDecoder = createZstdDecoder(portableZstdFrames);
