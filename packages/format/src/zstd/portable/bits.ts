import { maxBlockBytes, ZstdFrameProblem } from "../frame-header.js";

/** The stored bytes of a block, with some zeros behind them: numbers can be read up to the very end. */
export interface BlockBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** How many there are, without the zeros. */
  readonly length: number;
}

const paddingBytes = 8;

/** Decoding a block is synchronous and keeps nothing of it: one buffer does for all, and loads from it are fast. */
const scratch = new Uint8Array(maxBlockBytes + paddingBytes);
const scratchView = new DataView(scratch.buffer);

/** Bytes of a block to read from, until the next call. */
export function blockBytes(stored: Uint8Array): BlockBytes {
  const { length } = stored;
  scratch.set(stored);
  scratch.fill(0, length, length + paddingBytes);
  return { bytes: scratch, view: scratchView, length };
}

/**
 * `count` bits, at most 25, from bit `position` of the bytes that begin at `base`, little-endian. Loads four bytes,
 * wanted or not.
 */
export function bitsAt({ view }: BlockBytes, base: number, position: number, count: number): number {
  return (view.getInt32(base + (position >> 3), true) >>> (position & 7)) & ((1 << count) - 1);
}

/** The same for a position that may lie before the beginning: the bits there are zero. */
export function paddedBitsAt(block: BlockBytes, base: number, position: number, count: number): number {
  if (position >= 0) return bitsAt(block, base, position, count);
  return position + count <= 0 ? 0 : bitsAt(block, base, 0, position + count) << -position;
}

/**
 * How many bits a stream that is read backwards has. Its last byte ends with a 1 bit and then zeros (RFC 8878, 4.1).
 */
export function backwardBits({ bytes }: BlockBytes, start: number, end: number): number {
  const last = end > start ? (bytes[end - 1] ?? 0) : 0;
  if (last === 0) throw damaged("a bit stream has no end");
  return 8 * (end - start - 1) + highestBit(last);
}

/** The position of the highest 1 bit of a positive number. */
export function highestBit(value: number): number {
  return 31 - Math.clz32(value);
}

export function damaged(what: string): ZstdFrameProblem {
  return new ZstdFrameProblem(`the compressed bytes are damaged: ${what}`);
}
