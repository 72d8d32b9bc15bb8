import { maxBlockBytes } from "../frame-header.js";
import { bitsAt, damaged } from "./bits.js";
import type { BlockBytes } from "./bits.js";
import { decodeFourHuffman, decodeHuffman, readHuffmanTable } from "./huffman.js";
import type { HuffmanTable } from "./huffman.js";

/** The literals of a block, and where their section ends. */
export interface Literals {
  /** Valid until the next block is decoded. */
  readonly bytes: Uint8Array;
  readonly end: number;
  /** For a later block that uses the same one. */
  readonly table: HuffmanTable | undefined;
}

/** Decoding a block is synchronous and keeps nothing: one buffer does for all. */
let scratch = new Uint8Array(0);

function scratchOf(size: number): Uint8Array {
  if (size > maxBlockBytes) throw damaged("there are more literals than a block may have");
  if (scratch.length < size) scratch = new Uint8Array(maxBlockBytes);
  return scratch.subarray(0, size);
}

/** Reads the literals section of the block that begins at `start` (RFC 8878, section 3.1.1.3.1). */
export function readLiterals(
  block: BlockBytes,
  start: number,
  end: number,
  previous: HuffmanTable | undefined,
): Literals {
  const first = start < end ? (block.bytes[start] ?? 0) : undefined;
  if (first === undefined) throw damaged("a block has no literals");
  const format = (first >> 2) & 3;
  switch (first & 3) {
    case 0:
    case 1: {
      const headerBytes = format === 1 ? 2 : format === 3 ? 3 : 1;
      const size = headerBytes === 1 ? first >> 3 : bitsAt(block, start, 4, headerBytes === 2 ? 12 : 20);
      return plainLiterals(block, start + headerBytes, end, size, (first & 1) === 1, previous);
    }
    default: {
      const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18;
      const headerBytes = format < 2 ? 3 : format + 2;
      const size = bitsAt(block, start, 4, sizeBits);
      const at = start + headerBytes;
      const sectionEnd = at + bitsAt(block, start, 4 + sizeBits, sizeBits);
      if (sectionEnd > end) throw damaged("literals are not whole");
      const described = (first & 3) === 2 ? readHuffmanTable(block, at, sectionEnd) : undefined;
      const table = described?.table ?? previous;
      if (table === undefined) throw damaged("a block uses the table of one that is not there");
      const bytes = scratchOf(size);
      const streams = described?.end ?? at;
      if (format === 0) decodeHuffman(table, block, streams, sectionEnd, bytes, 0, size);
      else decodeFourHuffman(table, block, streams, sectionEnd, bytes, size);
      return { bytes, end: sectionEnd, table };
    }
  }
}

function plainLiterals(
  block: BlockBytes,
  at: number,
  end: number,
  size: number,
  isRepeated: boolean,
  table: HuffmanTable | undefined,
): Literals {
  const sectionEnd = at + (isRepeated ? 1 : size);
  if (sectionEnd > end) throw damaged("literals are not whole");
  if (!isRepeated) return { bytes: block.bytes.subarray(at, sectionEnd), end: sectionEnd, table };
  return { bytes: scratchOf(size).fill(block.bytes[at] ?? 0), end: sectionEnd, table };
}
