import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";

import { noise } from "../../testing/sample-content.js";
import { createContentCutter, isCutAverage } from "./content-cuts.js";

const average = 16 * 1024;

/** The sizes of the chunks of content that is given in pieces of these sizes, one after another. */
function cutSizes(content: Uint8Array, pieceSizes: readonly number[] = [], chunkAverage = average): number[] {
  const cutter = createContentCutter(chunkAverage);
  const sizes: number[] = [];
  let size = 0;
  for (let begin = 0, index = 0; begin < content.length; index++) {
    const piece = content.subarray(begin, begin + (pieceSizes[index % pieceSizes.length] ?? content.length));
    for (let from = 0; from < piece.length;) {
      const end = cutter.cutIn(piece, from);
      size += (end < 0 ? piece.length : end) - from;
      from = end < 0 ? piece.length : end;
      if (end < 0) continue;
      sizes.push(size);
      size = 0;
    }
    begin += piece.length;
  }
  return size > 0 ? [...sizes, size] : sizes;
}

/** The same, written down as the documentation says it, byte by byte. */
function specifiedSizes(content: Uint8Array, chunkAverage: number): number[] {
  const gear = Array.from({ length: 256 }, (_, byte) =>
    createHash("sha256").update(Uint8Array.of(byte)).digest().readUInt32LE(0),
  );
  const sizes: number[] = [];
  const bits = Math.log2(chunkAverage);
  let length = 0;
  let hash = 0;
  for (const byte of content) {
    let ends = false;
    if (length >= chunkAverage / 4) {
      hash = (2 * hash + (gear[byte] ?? 0)) % 2 ** 32;
      const highest = length < chunkAverage ? bits + 2 : bits - 2;
      ends = hash < 2 ** (32 - highest);
    }
    length++;
    if (!ends && length < 4 * chunkAverage) continue;
    sizes.push(length);
    length = 0;
    hash = 0;
  }
  return length > 0 ? [...sizes, length] : sizes;
}

function hashesOf(content: Uint8Array): string[] {
  let offset = 0;
  return cutSizes(content).map((size) => {
    const chunk = content.subarray(offset, (offset += size));
    return createHash("sha256").update(chunk).digest("hex");
  });
}

/** Text, noise, and long runs, in any order: what files have. */
const mixedContent = fc
  .array(
    fc.oneof(
      fc.tuple(fc.string({ maxLength: 8 }), fc.nat(150_000)).map(([seed, size]) => noise(size, seed)),
      fc.tuple(fc.nat(255), fc.nat(150_000)).map(([byte, size]) => Buffer.alloc(size, byte)),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(150_000))
        .map(([period, size]) => Buffer.alloc(size, period)),
    ),
    { maxLength: 4 },
  )
  .map((parts) => Buffer.concat(parts));

test("the cuts are those of the documentation", () => {
  const content = Buffer.concat([noise(400_000, "a"), Buffer.alloc(150_000, 7), noise(250_000, "b")]);
  for (const chunkAverage of [16 * 1024, 64 * 1024]) {
    expect(cutSizes(content, [], chunkAverage)).toEqual(specifiedSizes(content, chunkAverage));
  }
});

test("cuts of known content: another implementation can compare with them", () => {
  // The SHA-256 of "0", of "1" and so on, one after another.
  const content = Buffer.concat(
    Array.from({ length: 8192 }, (_, index) => createHash("sha256").update(String(index)).digest()),
  );
  expect(cutSizes(content)).toEqual([
    26258, 19704, 18629, 11350, 19949, 18720, 21142, 24478, 8786, 5846, 22340, 16756, 16473, 9065, 21167,
    1481,
  ]);
});

test("they are the same in whatever pieces the content comes", () => {
  const pieceSizes = fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(mixedContent, pieceSizes, (content, sizes) => {
      expect(cutSizes(content, sizes)).toEqual(cutSizes(content));
    }),
    { numRuns: 60 },
  );
  const content = noise(200_000, "few bytes");
  for (const size of [1, 2, 3, 63, 64, 65, 67]) expect(cutSizes(content, [size])).toEqual(cutSizes(content));
});

test("chunks are more than a quarter of the average, at most four times as much, and all of the content", () => {
  fc.assert(
    fc.property(mixedContent, (content) => {
      const sizes = cutSizes(content);
      for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThan(average / 4);
      for (const size of sizes) expect(size).toBeLessThanOrEqual(4 * average);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(content.length);
    }),
    { numRuns: 60 },
  );
});

test("they are about as large as the average on average", () => {
  const content = noise(8_000_000, "average");
  const mean = content.length / cutSizes(content).length;
  expect(mean).toBeGreaterThan(0.9 * average);
  expect(mean).toBeLessThan(1.4 * average);
});

test("one byte again and again is cut into the largest chunks, whichever average there is", () => {
  for (let byte = 0; byte < 256; byte++) {
    expect(cutSizes(Buffer.alloc(9 * average, byte)), `byte ${byte}`).toEqual([
      4 * average,
      4 * average,
      average,
    ]);
  }
  expect(cutSizes(Buffer.alloc(20 * 2 ** 20), [], 4 * 2 ** 20)).toEqual([16 * 2 ** 20, 4 * 2 ** 20]);
});

test("what is inserted, deleted or overwritten changes the few chunks around it", () => {
  const original = noise(2_000_000, "original");
  const known = new Set(hashesOf(original));
  const change = fc.record({
    at: fc.nat(original.length),
    removed: fc.nat(3000),
    added: fc.tuple(fc.string({ maxLength: 8 }), fc.nat(3000)).map(([seed, size]) => noise(size, seed)),
  });
  let total = 0;
  const runs = 60;
  fc.assert(
    fc.property(change, ({ at, removed, added }) => {
      const changed = Buffer.concat([original.subarray(0, at), added, original.subarray(at + removed)]);
      const others = hashesOf(changed).filter((hash) => !known.has(hash)).length;
      total += others;
      // Of about 110.
      expect(others).toBeLessThan(20);
    }),
    { numRuns: runs },
  );
  expect(total / runs).toBeLessThan(5);
});

test.each([0, -1, 1.5, 8 * 1024, 16 * 1024 + 1, 8 * 2 ** 20, Number.NaN, Number.POSITIVE_INFINITY])(
  "an average of %d is refused",
  (wrong) => {
    expect(isCutAverage(wrong)).toBe(false);
    expect(() => createContentCutter(wrong)).toThrow(TypeError);
  },
);

test.each([16 * 1024, 2 ** 20, 4 * 2 ** 20])("an average of %d is not", (right) => {
  expect(isCutAverage(right)).toBe(true);
});
