import { backwardBits, bitsAt, damaged, highestBit, paddedBitsAt } from "./bits.js";
import type { BlockBytes } from "./bits.js";
import { readFseTable } from "./fse.js";

/** A decoding table for literals: the symbol and the length of the code that any `log` bits begin with. */
export interface HuffmanTable {
  readonly log: number;
  /** Symbol in the upper, length in the lower eight bits. */
  readonly codes: Uint16Array;
}

export interface DescribedHuffmanTable {
  readonly table: HuffmanTable;
  readonly end: number;
}

/** The longest code (RFC 8878, section 4.2.1). */
const maxLog = 11;

/** Reads the description of a table (section 4.2.1). */
export function readHuffmanTable(block: BlockBytes, start: number, end: number): DescribedHuffmanTable {
  const header = start < end ? block.bytes[start] : undefined;
  if (header === undefined) throw damaged("a table is missing");
  const weightsAt = start + 1;
  const tableEnd = weightsAt + (header < 128 ? header : (header - 126) >> 1);
  if (tableEnd > end) throw damaged("a table is not whole");
  const weights =
    header < 128
      ? compressedWeights(block, weightsAt, tableEnd)
      : plainWeights(block, weightsAt, header - 127);
  return { table: buildHuffmanTable(weights), end: tableEnd };
}

/** Four bits each, the first in the upper half of its byte. */
function plainWeights(block: BlockBytes, start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const byte = block.bytes[start + (i >> 1)] ?? 0;
    return i % 2 === 0 ? byte >> 4 : byte & 15;
  });
}

/** Coded with two states that take turns, until the bits are used up (section 4.2.1.2). */
function compressedWeights(block: BlockBytes, start: number, end: number): number[] {
  const { table, end: tableEnd } = readFseTable(block, start, end, 6, 255);
  const weights: number[] = [];
  let position = backwardBits(block, tableEnd, end);
  const take = (count: number): number => paddedBitsAt(block, tableEnd, (position -= count), count);
  let state = take(table.log);
  let other = take(table.log);
  if (position < 0) throw damaged("a table has too few bits");
  while (weights.length < 255) {
    weights.push(table.symbols[state] ?? 0);
    const next = (table.base[state] ?? 0) + take(table.bits[state] ?? 0);
    if (position < 0) {
      weights.push(table.symbols[other] ?? 0);
      return weights;
    }
    state = other;
    other = next;
  }
  throw damaged("a table has too many symbols");
}

function buildHuffmanTable(weights: number[]): HuffmanTable {
  let sum = 0;
  for (const weight of weights) {
    if (weight > maxLog) throw damaged("a code is too long");
    if (weight > 0) sum += 1 << (weight - 1);
  }
  if (sum === 0) throw damaged("a table has no symbols");
  const log = highestBit(sum) + 1;
  if (log > maxLog) throw damaged("a code is too long");
  // The last symbol's weight is what is missing to a power of two.
  const missing = (1 << log) - sum;
  if ((missing & (missing - 1)) !== 0 || weights.length > 255) throw damaged("codes do not fill their table");
  weights.push(highestBit(missing) + 1);

  const codes = new Uint16Array(1 << log);
  let at = 0;
  // Long codes, which are those of small weight, come first; symbols in their order within a length.
  for (let weight = 1; weight <= log; weight++) {
    const span = 1 << (weight - 1);
    for (const [symbol, own] of weights.entries()) {
      if (own === weight) codes.fill((symbol << 8) | (log + 1 - weight), at, (at += span));
    }
  }
  return { log, codes };
}

/** Decodes one stream, which must hold exactly the symbols that fill `target` from `from` to `to`. */
export function decodeHuffman(
  { log, codes }: HuffmanTable,
  block: BlockBytes,
  start: number,
  end: number,
  target: Uint8Array,
  from: number,
  to: number,
): void {
  const { view } = block;
  let position = backwardBits(block, start, end);
  let at = from;
  const mask = (1 << log) - 1;
  // Two codes of at most 11 bits from each 32 bits that are loaded.
  for (; at + 1 < to && position >= 25; at += 2) {
    const low = position - 25;
    const window = view.getInt32(start + (low >> 3), true) >>> (low & 7);
    const first = codes[(window >>> (25 - log)) & mask] ?? 0;
    const firstLength = first & 0xff;
    const second = codes[(window >>> (25 - log - firstLength)) & mask] ?? 0;
    target[at] = first >> 8;
    target[at + 1] = second >> 8;
    position -= firstLength + (second & 0xff);
  }
  for (; at < to; at++) {
    const code = codes[paddedBitsAt(block, start, position - log, log)] ?? 0;
    target[at] = code >> 8;
    position -= code & 0xff;
    if (position < 0) break;
  }
  if (position !== 0) throw damaged("literals do not use up their bits");
}

/** How many streams there are, and what a jump table takes (section 3.1.1.3.1.6). */
export function decodeFourHuffman(
  table: HuffmanTable,
  block: BlockBytes,
  start: number,
  end: number,
  target: Uint8Array,
  size: number,
): void {
  const jumpTableBytes = 6;
  const perStream = (size + 3) >> 2;
  if (start + jumpTableBytes > end || 3 * perStream > size) throw damaged("literals are not whole");
  let at = start + jumpTableBytes;
  for (let stream = 0; stream < 4; stream++) {
    const streamEnd = stream === 3 ? end : at + bitsAt(block, start + 2 * stream, 0, 16);
    if (streamEnd > end) throw damaged("literals are not whole");
    const to = stream === 3 ? size : (stream + 1) * perStream;
    decodeHuffman(table, block, at, streamEnd, target, stream * perStream, to);
    at = streamEnd;
  }
}
