import type { ZstdDecoder, ZstdFrameDecoder } from "../codec.js";
import { createZstdDecoder } from "../decoder.js";
import { maxBlockBytes } from "../frame-header.js";
import { createBlockState, decodeBlock } from "./block.js";
import { createHistory } from "./history.js";
import type { History } from "./history.js";
import { giveHistoryMemoryBack, takeHistoryMemory } from "./history-memory.js";

/**
 * Decodes zstd frames in plain JavaScript, without anything of the runtime (RFC 8878). Every length is checked before
 * something is copied: time is bounded by the size of input and output, memory by the output. Checksums are not looked
 * at; the hash in the index is what counts.
 */
export const portableZstdFrames: ZstdFrameDecoder = {
  name: "portable",
  decodeFrame(frame, { headerSize, windowSize, contentSize }, maxBytes) {
    const state = createBlockState();
    const room = Math.min(contentSize ?? maxBytes, maxBytes);
    const isScratch = contentSize === undefined && room <= maxScratchBytes;
    const buffer = isScratch ? scratchOf(room) : new Uint8Array(room);
    let start = 0;
    for (let at = headerSize, last = false; !last;) {
      const limit = Math.min(room, start + Math.min(windowSize, maxBlockBytes));
      const block = decodeBlock(state, frame, at, { buffer, start, limit, historyStart: 0, windowSize });
      at += block.storedBytes;
      start = block.contentEnd;
      last = block.last;
    }
    return start === buffer.length && !isScratch ? buffer : buffer.slice(0, start);
  },
  startFrame({ windowSize }, maxBytes) {
    const state = createBlockState();
    let history: History | undefined = createHistory(windowSize, maxBytes, takeHistoryMemory());
    const mostOfBlock = Math.min(windowSize, maxBlockBytes);
    let left = maxBytes;
    /** Whether the next piece is a block: not the header before, nor the checksum after them. */
    let isBlockNext = false;
    return {
      *push(piece) {
        if (!isBlockNext || history === undefined) {
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
      close() {
        if (history !== undefined) giveHistoryMemoryBack(history.release());
        history = undefined;
      },
    };
  },
};

/** Content up to this size is decompressed to memory that is kept, where its size is not known before. */
const maxScratchBytes = 1024 * 1024;

let scratch = new Uint8Array(0);

/** Blocks may hold far less than they could: there is no new memory for what they could for each small frame. */
function scratchOf(size: number): Uint8Array {
  if (scratch.length < size) scratch = new Uint8Array(size);
  return scratch;
}

/** The decoder that runs everywhere. */
export const portableZstdDecoder: ZstdDecoder = createZstdDecoder(portableZstdFrames);
