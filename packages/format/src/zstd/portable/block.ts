import { blockHeaderBytes, parseBlockHeader } from "../frame-header.js";
import { blockBytes, damaged } from "./bits.js";
import type { HuffmanTable } from "./huffman.js";
import { readLiterals } from "./literals.js";
import { createSequenceState, runSequences } from "./sequences.js";
import type { SequenceState, SequenceTarget } from "./sequences.js";

/** What the blocks of a frame hand on from one to the next. */
export interface BlockState {
  readonly sequences: SequenceState;
  huffman: HuffmanTable | undefined;
}

export function createBlockState(): BlockState {
  return { sequences: createSequenceState(), huffman: undefined };
}

/** A block that was decoded. */
export interface DecodedBlock {
  /** Where its content ends in the target's buffer. */
  readonly contentEnd: number;
  /** How many bytes it took. */
  readonly storedBytes: number;
  readonly last: boolean;
}

/** Decodes the complete block, header and all, that begins at `at` (RFC 8878, section 3.1.1.2). */
export function decodeBlock(
  state: BlockState,
  bytes: Uint8Array,
  at: number,
  target: SequenceTarget,
): DecodedBlock {
  const { type, size, storedSize, last } = parseBlockHeader(bytes, at, target.windowSize);
  const start = at + blockHeaderBytes;
  const end = start + storedSize;
  const storedBytes = blockHeaderBytes + storedSize;
  if (type === "compressed") {
    const block = blockBytes(bytes.subarray(start, end));
    const literals = readLiterals(block, 0, block.length, state.huffman);
    state.huffman = literals.table;
    const contentEnd = runSequences(
      state.sequences,
      block,
      literals.end,
      block.length,
      literals.bytes,
      target,
    );
    return { contentEnd, storedBytes, last };
  }
  const contentEnd = target.start + size;
  if (contentEnd > target.limit) throw damaged("there is more content than there may be");
  if (type === "rle") target.buffer.fill(bytes[start] ?? 0, target.start, contentEnd);
  else target.buffer.set(bytes.subarray(start, end), target.start);
  return { contentEnd, storedBytes, last };
}
