import { bitsAt, damaged, highestBit } from "./bits.js";
import type { BlockBytes } from "./bits.js";

/** A decoding table of finite state entropy coding (RFC 8878, section 4.1): what each state stands for. */
export interface FseTable {
  /** The table has `2 ** log` states. */
  readonly log: number;
  readonly symbols: Uint8Array;
  /** The next state is `base` plus this many bits. */
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
}

/** A table and where the bytes that describe it end. */
export interface DescribedFseTable {
  readonly table: FseTable;
  readonly end: number;
}

/** The table with one state, for one symbol over and over. */
export function singleSymbolTable(symbol: number): FseTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: new Uint8Array(1), base: new Uint16Array(1) };
}

/** Reads the description of a table (section 4.1.1). */
export function readFseTable(
  block: BlockBytes,
  start: number,
  end: number,
  maxLog: number,
  maxSymbol: number,
): DescribedFseTable {
  const log = bitsAt(block, start, 0, 4) + 5;
  if (log > maxLog) throw damaged("a table is larger than it may be");
  const probabilities: number[] = [];
  let position = 4;
  let remaining = 1 << log;
  while (remaining > 0) {
    if (probabilities.length > maxSymbol || position > 8 * (end - start))
      throw damaged("a table does not end");
    // Values below the threshold take one bit less, since not all numbers of this many bits are possible.
    const count = highestBit(remaining + 1) + 1;
    const threshold = (1 << count) - 2 - remaining;
    const value = bitsAt(block, start, position, count);
    const low = value & ((1 << (count - 1)) - 1);
    const isShort = low < threshold;
    position += isShort ? count - 1 : count;
    const decoded = isShort ? low : value > low ? value - threshold : value;
    // Zero stands for a probability of "less than one", which takes one state.
    const probability = decoded - 1;
    probabilities.push(probability);
    remaining -= Math.abs(probability);
    if (probability === 0) position = readZeros(block, start, position, probabilities, maxSymbol);
  }
  const tableEnd = start + ((position + 7) >> 3);
  if (remaining < 0 || probabilities.length > maxSymbol + 1 || tableEnd > end)
    throw damaged("a table is not whole");
  return { table: buildFseTable(log, probabilities), end: tableEnd };
}

/** After a probability of zero: how many more of them follow, in pieces of up to three. */
function readZeros(
  block: BlockBytes,
  start: number,
  position: number,
  probabilities: number[],
  maxSymbol: number,
): number {
  for (let at = position; ; at += 2) {
    const repeats = bitsAt(block, start, at, 2);
    for (let i = 0; i < repeats; i++) probabilities.push(0);
    if (repeats < 3 || probabilities.length > maxSymbol) return at + 2;
  }
}

/** Spreads symbols over states by their probabilities, which sum up to the number of states; -1 counts as 1. */
export function buildFseTable(log: number, probabilities: readonly number[]): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = probabilities.map(Math.abs);
  let high = size;
  for (const [symbol, probability] of probabilities.entries())
    if (probability === -1) symbols[--high] = symbol;
  const step = (size >> 1) + (size >> 3) + 3;
  let position = 0;
  for (const [symbol, probability] of probabilities.entries()) {
    for (let i = 0; i < probability; i++) {
      symbols[position] = symbol;
      do position = (position + step) & (size - 1);
      while (position >= high);
    }
  }
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] ?? 0;
    const order = next[symbol] ?? 1;
    next[symbol] = order + 1;
    const count = log - highestBit(order);
    bits[state] = count;
    base[state] = (order << count) - size;
  }
  return { log, symbols, bits, base };
}
