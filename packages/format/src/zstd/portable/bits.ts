import { ZstdFrameProblem } from "../frame-header.js";

/**
 * `count` bits, at most 25, from bit `position` of the bytes that begin at `base`, little-endian. What lies behind the
 * end of `bytes` reads as zero.
 */
export function bitsAt(bytes: Uint8Array, base: number, position: number, count: number): number {
  const at = base + (position >> 3);
  const word =
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24);
  return (word >>> (position & 7)) & ((1 << count) - 1);
}

/** The same for a position that may lie before the beginning: the bits there are zero. */
export function paddedBitsAt(bytes: Uint8Array, base: number, position: number, count: number): number {
  if (position >= 0) return bitsAt(bytes, base, position, count);
  return position + count <= 0 ? 0 : bitsAt(bytes, base, 0, position + count) << -position;
}

/**
 * How many bits a stream that is read backwards has. Its last byte ends with a 1 bit and then zeros (RFC 8878, 4.1).
 */
export function backwardBits(bytes: Uint8Array, start: number, end: number): number {
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
