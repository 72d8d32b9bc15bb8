import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CompressParameters } from "zstd-napi";

import { portableZstdDecoder as decoder } from "./portable/portable.js";

// The reference implementation makes the frames. It is an optional dependency.
const reference = await import("zstd-napi").catch((error: unknown) => {
  console.log("not tested: frames of zstd-napi, which is not installed here:", String(error));
  return undefined;
});

function compress(content: Uint8Array, options: CompressParameters): Uint8Array {
  return reference === undefined ? new Uint8Array(0) : reference.compress(content, options);
}

function streamed(stored: Uint8Array, size: number, chunkBytes: number): Uint8Array {
  const stream = decoder.stream({ path: "file", size });
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stored.length; at += chunkBytes)
    chunks.push(...stream.push(stored.slice(at, at + chunkBytes)));
  stream.end();
  return new Uint8Array(Buffer.concat(chunks));
}

function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  expect(Buffer.compare(actual, expected)).toBe(0);
}

function pseudoRandom(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state >> 16;
  });
}

const words = ["blob", "index", "data", "range", "hash", "frame", "window", "Ärger", "\n", " ", "0123456789"];
const text = Buffer.from(Array.from(pseudoRandom(60_000, 7), (byte) => words[byte % words.length]).join(" "));
const random = pseudoRandom(300_000, 3);
const contents: [string, Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["one byte", Uint8Array.of(42)],
  ["text", text],
  ["text with more than one block's distance between repetitions", Buffer.concat([text, random, text])],
  ["bytes that do not compress", random],
  ["one byte over and over", new Uint8Array(1_000_000).fill(7)],
  ["a short pattern over and over", Buffer.from("abc".repeat(100_000))],
  ["bytes of few values", random.map((byte) => byte % 3)],
  ["bytes of all values, unevenly", random.map((byte) => (byte * byte) >> 8)],
  ["numbers that count up", new Uint8Array(Uint32Array.from({ length: 50_000 }, (_, i) => i * 3).buffer)],
];

const parameters: [string, CompressParameters][] = [
  ["level 1", { compressionLevel: 1 }],
  ["level 3 with checksum", { compressionLevel: 3, checksumFlag: true }],
  ["level 19", { compressionLevel: 19 }],
  ["a negative level", { compressionLevel: -20 }],
  ["a small window", { compressionLevel: 9, windowLog: 10 }],
  ["no content size", { compressionLevel: 5, contentSizeFlag: false }],
  ["no content size and a small window", { compressionLevel: 5, contentSizeFlag: false, windowLog: 12 }],
  ["long matches", { compressionLevel: 3, enableLongDistanceMatching: true, windowLog: 20 }],
];

describe.skipIf(reference === undefined)("frames that zstd makes", () => {
  for (const [how, options] of parameters) {
    for (const [what, content] of contents) {
      test(`${what}, ${how}`, () => {
        const stored = compress(content, options);
        expectSame(decoder.decompress(stored, { path: "file", size: content.length }), content);
        for (const chunkBytes of [1000, 100_000])
          expectSame(streamed(stored, content.length, chunkBytes), content);
      });
    }
  }

  test("one byte at a time", () => {
    const stored = compress(Buffer.concat([text, random.subarray(0, 2000)]), {
      compressionLevel: 7,
      checksumFlag: true,
    });
    expectSame(streamed(stored, text.length + 2000, 1), Buffer.concat([text, random.subarray(0, 2000)]));
  });

  test("any content of any shape, at any level", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 2000 }))
        .map(([unit, times]) => {
          const repeated = new Uint8Array(unit.length * times);
          for (let i = 0; i < times; i++) repeated.set(unit, i * unit.length);
          return repeated;
        }),
      fc.integer({ min: 0, max: 30_000 }).map((length) => text.subarray(length, length * 2)),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.integer({ min: -5, max: 15 }),
        fc.integer({ min: 1, max: 5000 }),
        (pieces, compressionLevel, chunkBytes) => {
          const content = new Uint8Array(Buffer.concat(pieces));
          const stored = compress(content, { compressionLevel, checksumFlag: chunkBytes % 2 === 0 });
          expectSame(decoder.decompress(stored, { path: "file", size: content.length }), content);
          expectSame(streamed(stored, content.length, chunkBytes), content);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("content of more than a window and its slack, in flat memory", () => {
    // A window of 64 KiB over 4 MiB: the history slides many times.
    const content = Buffer.concat(
      Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? random.subarray(0, 90_000) : text)),
    );
    const stored = compress(content, { compressionLevel: 6, windowLog: 16 });
    expectSame(streamed(stored, content.length, 20_000), content);
  });
});

test.skipIf(reference === undefined)(
  "damaged frames end with content, or with one documented error, in no time",
  () => {
    const stored = compress(text.subarray(0, 20_000), { compressionLevel: 6 });
    const cases = Number(process.env["BLOB_FUZZ_CASES"] ?? 5000);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(stored.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(stored.length),
        fc.boolean(),
        (changes, cut, isCut) => {
          const damaged = stored.slice(0, isCut ? cut : stored.length);
          for (const [at, value] of changes) damaged[at] = value;
          for (const decode of [
            () => decoder.decompress(damaged, { path: "file", size: 20_000 }),
            () => streamed(damaged, 20_000, 777),
          ]) {
            try {
              expect(decode()).toHaveLength(20_000);
            } catch (error) {
              expect(error).toMatchObject({ name: "FormatError", code: "Decompression", path: "file" });
            }
          }
        },
      ),
      { numRuns: cases },
    );
  },
);
