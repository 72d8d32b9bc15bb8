import { backwardBits, bitsAt, damaged } from "./bits.js";
import type { BlockBytes } from "./bits.js";
import { buildFseTable, readFseTable, singleSymbolTable } from "./fse.js";
import type { FseTable } from "./fse.js";

/** What copies content of earlier: tables for the three numbers of a sequence, and the last three offsets. */
export interface SequenceState {
  literalLengths: FseTable | undefined;
  offsets: FseTable | undefined;
  matchLengths: FseTable | undefined;
  readonly lastOffsets: [number, number, number];
}

/** Where sequences are carried out. */
export interface SequenceTarget {
  readonly buffer: Uint8Array;
  /** Where the block's content begins. */
  readonly start: number;
  /** Where it has to end at the latest. */
  readonly limit: number;
  /** How far back from a position a match may reach: not before this position ... */
  readonly historyStart: number;
  /** ... and not further than this. */
  readonly windowSize: number;
}

interface NumberKind {
  readonly maxLog: number;
  readonly maxCode: number;
  readonly standard: FseTable;
}

// The distributions of RFC 8878, section 3.1.1.3.2.2.
const literalLengthKind: NumberKind = {
  maxLog: 9,
  maxCode: 35,
  standard: buildFseTable(
    6,
    [
      4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
      -1, -1,
    ],
  ),
};
const offsetKind: NumberKind = {
  maxLog: 8,
  maxCode: 31,
  standard: buildFseTable(
    5,
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
  ),
};
const matchLengthKind: NumberKind = {
  maxLog: 9,
  maxCode: 52,
  standard: buildFseTable(
    6,
    [
      1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
    ],
  ),
};

/** Extra bits of each literal length code (section 3.1.1.3.2.1.1); the baselines follow from them. */
const literalLengthBits = extraBits(16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const literalLengthBase = baselines(literalLengthBits, 0);

/** The same for match lengths, the shortest of which is 3. */
const matchLengthBits = extraBits(32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const matchLengthBase = baselines(matchLengthBits, 3);

/** The first codes stand for themselves. */
function extraBits(plainCodes: number, others: readonly number[]): Uint8Array {
  const bits = new Uint8Array(plainCodes + others.length);
  bits.set(others, plainCodes);
  return bits;
}

function baselines(bits: Uint8Array, first: number): Int32Array {
  let next = first;
  return Int32Array.from(bits, (count) => {
    const base = next;
    next += 1 << count;
    return base;
  });
}

export function createSequenceState(): SequenceState {
  return { literalLengths: undefined, offsets: undefined, matchLengths: undefined, lastOffsets: [1, 4, 8] };
}

/**
 * Carries out the sequences section of a block, from `start` to `end` (section 3.1.1.3.2), and gives back where its
 * content ends. Every copy is checked before it is made: the work is bounded by the size of the block's content.
 */
export function runSequences(
  state: SequenceState,
  block: BlockBytes,
  start: number,
  end: number,
  literals: Uint8Array,
  target: SequenceTarget,
): number {
  let at = start;
  const next = (): number => {
    const byte = at < end ? block.bytes[at++] : undefined;
    if (byte === undefined) throw damaged("sequences are not whole");
    return byte;
  };
  let count = next();
  if (count > 127) count = count === 255 ? next() + (next() << 8) + 0x7f00 : ((count - 128) << 8) + next();
  if (count === 0) {
    if (at !== end) throw damaged("there is something behind the literals");
    return copyLiterals(literals, 0, literals.length, target, target.start);
  }
  const modes = next();
  if ((modes & 3) !== 0) throw damaged("sequences use reserved bits");
  const table = (mode: number, kind: NumberKind, previous: FseTable | undefined): FseTable => {
    if (mode === 0) return kind.standard;
    if (mode === 1) {
      const symbol = next();
      if (symbol > kind.maxCode) throw damaged("sequences use an unknown code");
      return singleSymbolTable(symbol);
    }
    if (mode === 2) {
      const described = readFseTable(block, at, end, kind.maxLog, kind.maxCode);
      at = described.end;
      return described.table;
    }
    if (previous === undefined) throw damaged("a block uses the table of one that is not there");
    return previous;
  };
  state.literalLengths = table(modes >> 6, literalLengthKind, state.literalLengths);
  state.offsets = table((modes >> 4) & 3, offsetKind, state.offsets);
  state.matchLengths = table((modes >> 2) & 3, matchLengthKind, state.matchLengths);
  const tables = { literal: state.literalLengths, offset: state.offsets, match: state.matchLengths };
  return decodeSequences(tables, state.lastOffsets, count, { block, start: at, end }, literals, target);
}

interface Tables {
  readonly literal: FseTable;
  readonly offset: FseTable;
  readonly match: FseTable;
}

interface BitStream {
  readonly block: BlockBytes;
  readonly start: number;
  readonly end: number;
}

function decodeSequences(
  { literal, offset, match }: Tables,
  lastOffsets: [number, number, number],
  count: number,
  { block, start, end }: BitStream,
  literals: Uint8Array,
  target: SequenceTarget,
): number {
  let position = backwardBits(block, start, end);
  let out = target.start;
  let literalAt = 0;
  position -= literal.log + offset.log + match.log;
  if (position < 0) throw damaged("sequences have too few bits");
  let matchState = bitsAt(block, start, position, match.log);
  let offsetState = bitsAt(block, start, position + match.log, offset.log);
  let literalState = bitsAt(block, start, position + match.log + offset.log, literal.log);
  for (let left = count; left > 0; left--) {
    const offsetCode = offset.symbols[offsetState] ?? 0;
    const matchCode = match.symbols[matchState] ?? 0;
    const literalCode = literal.symbols[literalState] ?? 0;
    const matchExtra = matchLengthBits[matchCode] ?? 0;
    const literalExtra = literalLengthBits[literalCode] ?? 0;
    position -= offsetCode + matchExtra + literalExtra;
    if (position < 0) throw damaged("sequences have too few bits");
    const literalLength =
      (literalLengthBase[literalCode] ?? 0) + bitsAt(block, start, position, literalExtra);
    const matchLength =
      (matchLengthBase[matchCode] ?? 0) + bitsAt(block, start, position + literalExtra, matchExtra);
    const distance = resolveOffset(
      offsetValue(block, start, position + literalExtra + matchExtra, offsetCode),
      literalLength,
      lastOffsets,
    );
    out = copyLiterals(literals, literalAt, literalAt + literalLength, target, out);
    literalAt += literalLength;
    out = copyMatch(target, out, distance, matchLength);
    if (left > 1) {
      const literalBits = literal.bits[literalState] ?? 0;
      const matchBits = match.bits[matchState] ?? 0;
      const offsetBits = offset.bits[offsetState] ?? 0;
      position -= literalBits + matchBits + offsetBits;
      if (position < 0) throw damaged("sequences have too few bits");
      offsetState = (offset.base[offsetState] ?? 0) + bitsAt(block, start, position, offsetBits);
      matchState = (match.base[matchState] ?? 0) + bitsAt(block, start, position + offsetBits, matchBits);
      literalState =
        (literal.base[literalState] ?? 0) +
        bitsAt(block, start, position + offsetBits + matchBits, literalBits);
    }
  }
  if (position !== 0) throw damaged("sequences do not use up their bits");
  return copyLiterals(literals, literalAt, literals.length, target, out);
}

/** Up to 31 bits, more than are read at once; as a product, because it may not fit a signed 32-bit number. */
function offsetValue(block: BlockBytes, start: number, position: number, code: number): number {
  if (code <= 24) return (1 << code) + bitsAt(block, start, position, code);
  return (
    2 ** code + bitsAt(block, start, position + 24, code - 24) * 2 ** 24 + bitsAt(block, start, position, 24)
  );
}

/** Offsets 1 to 3 stand for earlier ones (section 3.1.1.5). */
function resolveOffset(value: number, literalLength: number, last: [number, number, number]): number {
  if (value > 3) {
    last[2] = last[1];
    last[1] = last[0];
    last[0] = value - 3;
    return last[0];
  }
  const which = literalLength === 0 ? value : value - 1;
  if (which === 0) return last[0];
  const distance = which === 1 ? last[1] : which === 2 ? last[2] : last[0] - 1;
  if (which !== 1) last[2] = last[1];
  last[1] = last[0];
  last[0] = distance;
  return distance;
}

/** Below this a loop is faster than a call. */
const fewBytes = 32;

function copyLiterals(
  literals: Uint8Array,
  from: number,
  to: number,
  target: SequenceTarget,
  out: number,
): number {
  const { buffer, limit } = target;
  const length = to - from;
  if (to > literals.length || out + length > limit)
    throw damaged("a block has more content than it may have");
  if (length > fewBytes) buffer.set(literals.subarray(from, to), out);
  else for (let i = 0; i < length; i++) buffer[out + i] = literals[from + i] ?? 0;
  return out + length;
}

function copyMatch(target: SequenceTarget, out: number, distance: number, length: number): number {
  const { buffer, limit, historyStart, windowSize } = target;
  const from = out - distance;
  if (distance < 1 || distance > windowSize || from < historyStart)
    throw damaged("a match reaches too far back");
  if (out + length > limit) throw damaged("a block has more content than it may have");
  if (length > fewBytes && distance >= length) buffer.copyWithin(out, from, from + length);
  // A match may overlap with what it produces: then it repeats itself.
  else for (let i = 0; i < length; i++) buffer[out + i] = buffer[from + i] ?? 0;
  return out + length;
}
