import { createHash } from "node:crypto";

import { maxChunkBytes, minChunkBytes } from "../../index-codec/index-schema.js";

/**
 * Finds where content is cut into chunks, by the content itself: an insert moves the cuts behind it along, and all chunks
 * but those around it stay what they are. The content is given once, from its beginning, in pieces of any size.
 */
export interface ContentCutter {
  /**
   * Looks at a piece of the content from a place on, and returns where in it the chunk ends that is being looked for, or
   * -1 when it goes on behind the piece. The next call has to go on right there. What is left at the end of the content
   * is the last chunk, of any size.
   */
  cutIn(piece: Uint8Array, from: number): number;
}

/** The averages that chunks can have: a power of two from 16 KiB to 4 MiB, so that chunks are what an index takes. */
export function isCutAverage(average: number): boolean {
  return (
    average / smallestShare >= minChunkBytes &&
    average * largestFactor <= maxChunkBytes &&
    2 ** Math.round(Math.log2(average)) === average
  );
}

/**
 * FastCDC with normalized chunking. A chunk of content with the average A is more than A/4 bytes and at most 4A. With
 * `h = 0` at its beginning, and for each of its bytes `b` from the one at A/4 on (counted from 0):
 *
 * - `h = (2h + gear(b)) mod 2^32`, where `gear(b)` is the first four bytes, little-endian, of the SHA-256 of the byte `b`.
 * - The chunk ends with this byte when the highest n bits of `h` are 0: n is `log2(A) + 2` for bytes before A, and
 *   `log2(A) - 2` from there on; or when it has 4A bytes.
 *
 * An equal byte again and again gives chunks of 4A, as for none of them these bits are 0: for no content are there more
 * chunks than four for each A bytes.
 */
export function createContentCutter(average: number): ContentCutter {
  if (!isCutAverage(average)) throw new TypeError(`Chunks cannot have ${average} bytes on average`);
  const bits = Math.log2(average);
  const gear = gearNumbers();
  const least = average / smallestShare;
  const most = average * largestFactor;
  // As signed numbers, which engines keep in registers.
  const hard = -1 << (32 - bits - 2);
  const easy = -1 << (32 - bits + 2);
  /** Of the current chunk, in bytes. */
  let length = 0;
  let state = 0;

  /** Where the byte that ends the chunk is in the piece, between two places; `to` when it is none of them. */
  function find(piece: Uint8Array, from: number, to: number, mask: number): number {
    const whole = isLittleEndian ? wordsIn(piece, from, to) : undefined;
    if (whole === undefined) return findByte(piece, from, to, mask);
    const found = findByte(piece, from, whole.from, mask);
    if (found < whole.from) return found;
    const inWords = findInWords(whole.words, mask);
    if (inWords >= 0) return whole.from + inWords;
    return findByte(piece, whole.to, to, mask);
  }

  function findByte(piece: Uint8Array, from: number, to: number, mask: number): number {
    let h = state;
    let at = from;
    for (; at < to; at++) {
      h = ((h << 1) + (gear[piece[at] ?? 0] ?? 0)) | 0;
      if ((h & mask) === 0) break;
    }
    state = h;
    return at;
  }

  /** Twice as fast as to load each byte. Its place from the first word on, or -1. */
  function findInWords(words: Int32Array, mask: number): number {
    let h = state;
    const { length: count } = words;
    for (let index = 0; index < count; index++) {
      const word = words[index] ?? 0;
      h = ((h << 1) + (gear[word & 255] ?? 0)) | 0;
      if ((h & mask) === 0) return 4 * index;
      h = ((h << 1) + (gear[(word >>> 8) & 255] ?? 0)) | 0;
      if ((h & mask) === 0) return 4 * index + 1;
      h = ((h << 1) + (gear[(word >>> 16) & 255] ?? 0)) | 0;
      if ((h & mask) === 0) return 4 * index + 2;
      h = ((h << 1) + (gear[word >>> 24] ?? 0)) | 0;
      if ((h & mask) === 0) return 4 * index + 3;
    }
    state = h;
    return -1;
  }

  return {
    cutIn(piece, from) {
      /** Where the chunk began, counted from the beginning of the piece: negative when it was in an earlier one. */
      const start = from - length;
      const middle = Math.min(piece.length, start + average);
      const end = Math.min(piece.length, start + most);
      let at = Math.max(from, start + least);
      let isCut = false;
      if (at < middle) isCut = (at = find(piece, at, middle, hard)) < middle;
      if (!isCut && at < end) isCut = (at = find(piece, at, end, easy)) < end;
      if (!isCut && end - start < most) {
        length = piece.length - start;
        return -1;
      }
      length = 0;
      state = 0;
      return isCut ? at + 1 : end;
    },
  };
}

/** The words of four bytes between two places of a piece; none when there are few. */
function wordsIn(
  piece: Uint8Array,
  from: number,
  to: number,
): { readonly words: Int32Array; readonly from: number; readonly to: number } | undefined {
  const first = from + ((4 - ((piece.byteOffset + from) % 4)) % 4);
  const count = (to - first) >> 2;
  if (count < 16) return undefined;
  const words = new Int32Array(piece.buffer, piece.byteOffset + first, count);
  return { words, from: first, to: first + 4 * count };
}

const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

const smallestShare = 4;
const largestFactor = 4;

let numbers: Int32Array | undefined;

/** The numbers of the 256 bytes: they look random, and anybody can compute them. */
function gearNumbers(): Int32Array {
  numbers ??= Int32Array.from({ length: 256 }, (_, byte) =>
    createHash("sha256").update(Uint8Array.of(byte)).digest().readInt32LE(0),
  );
  return numbers;
}
