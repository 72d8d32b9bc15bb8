import { describe, expect, test } from "vitest";

import { loadTestedFrameDecoders } from "../testing/frame-decoders.js";
import {
  block,
  blocks,
  compressed,
  frameOf,
  join,
  raw,
  repeated,
  reserved,
  skippable,
} from "../testing/raw-frames.js";
import { createZstdDecoder } from "./decoder.js";

const frameDecoders = await loadTestedFrameDecoders();

const content = Buffer.from(
  "The archive says how much it needs; the limits say how much it gets. ".repeat(40),
);

const magic = [0x28, 0xb5, 0x2f, 0xfd];

/** With a content size of two bytes, and a window of that size. */
const frame = Uint8Array.from([
  ...magic,
  0x60,
  ...uint16(content.length - 256),
  ...block(raw, content.length, [...content]),
]);

/** What Go writes for an empty file, checksum and all. */
const emptyFrame = Uint8Array.from([...magic, 0x04, 0x00, ...block(raw, 0, []), 0x99, 0xe9, 0xd8, 0x51]);

function uint16(value: number): number[] {
  return [value & 0xff, value >> 8];
}

describe.each(frameDecoders)("$name", (frames) => {
  const decoder = createZstdDecoder(frames);

  /** What both ways of decoding give: they have to agree, whatever the chunks. */
  function decode(stored: Uint8Array, size: number, maxDecoderBytes?: number): Uint8Array {
    const file = { path: "dir/file", size };
    const results = [stored.length, 7, 1].map((chunkBytes) => {
      try {
        const stream = decoder.stream(file, { maxDecoderBytes });
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < stored.length; at += chunkBytes) {
          chunks.push(...stream.push(stored.subarray(at, at + chunkBytes)));
        }
        stream.end();
        return new Uint8Array(Buffer.concat(chunks));
      } catch (error) {
        return error;
      }
    });
    try {
      const whole = decoder.decompress(stored, file, { maxDecoderBytes });
      for (const result of results) expect(result).toEqual(new Uint8Array(whole));
      return new Uint8Array(whole);
    } catch (error) {
      const { code } = error as { readonly code: string };
      for (const result of results) expect(result).toMatchObject({ code });
      throw error;
    }
  }

  function expectRefused(stored: Uint8Array, size: number, why: RegExp, maxDecoderBytes?: number): void {
    let problem: unknown;
    try {
      decode(stored, size, maxDecoderBytes);
    } catch (error) {
      problem = error;
    }
    const code = /the limit is/u.test(why.source) ? "SizeExceeded" : "Decompression";
    expect(problem).toMatchObject({ code, path: "dir/file" });
    const { message } = problem as Error;
    // Libraries find out most of it in their own way, and do not say why.
    const ofLibrary = /the compressed bytes are damaged|there (?:is more than the|are) \d+ bytes/;
    expect(message).toMatch(
      frames.name === "portable" ? why : new RegExp(`${why.source}|${ofLibrary.source}`),
    );
    expect(message).toMatch(/^"dir\/file" cannot be decompressed/);
  }

  describe("what an archive may store for a file", () => {
    test("one frame", () => expect(Buffer.compare(decode(frame, content.length), content)).toBe(0));
    test("nothing, for no content", () => expect(decode(new Uint8Array(0), 0)).toHaveLength(0));
    test("the empty frame that Go writes for no content", () => {
      expect(emptyFrame).toHaveLength(13);
      expect(decode(emptyFrame, 0)).toHaveLength(0);
    });
    test("several frames in a row, with skippable and empty ones between them", () => {
      const stored = join(skippable([1, 2, 3]), frame, emptyFrame, skippable([], 15), frame, skippable([9]));
      expect(Buffer.compare(decode(stored, 2 * content.length), Buffer.concat([content, content]))).toBe(0);
    });
    test("only skippable frames, for no content", () => expect(decode(skippable([1]), 0)).toHaveLength(0));
    test("raw and repeated bytes", () => {
      const stored = frameOf([
        ...block(raw, 3, [1, 2, 3], false),
        ...block(repeated, 4, [9], false),
        ...block(raw, 0, []),
      ]);
      expect(decode(stored, 7)).toEqual(Uint8Array.of(1, 2, 3, 9, 9, 9, 9));
    });
    test("a dictionary id of zero, which is none", () => {
      const stored = Uint8Array.from([...magic, 0x01, 0x00, 0x00, ...block(raw, 1, [5])]);
      expect(decode(stored, 1)).toEqual(Uint8Array.of(5));
    });
  });

  describe("stored bytes that lie", () => {
    test("a bomb: more content than the index promises stops at the first block", () => {
      const zeros = block(repeated, 65_791, [0]);
      expectRefused(Uint8Array.from([...magic, 0x60, 255, 255, ...zeros]), 1000, /declare 65791 bytes/);
    });
    test("a bomb that does not declare its size", () => {
      expectRefused(frameOf(block(repeated, 128 * 1024, [0]), 17), 1000, /more content than there may be/);
    });
    test("a bomb of repeated bytes, in many blocks", () => {
      expectRefused(frameOf(blocks(1000, repeated, 128 * 1024, [0]), 17), 200_000, /more content/);
    });
    test("one byte too much", () => expectRefused(frame, content.length - 1, /declare/));
    test("one byte too little", () => expectRefused(frame, content.length + 1, /promises 2761/));
    test("nothing where there should be something", () =>
      expectRefused(new Uint8Array(0), 1, /there are 0 bytes/));
    test("a frame that declares more than it has", () => {
      const stored = Uint8Array.from([...magic, 0x20, 5, ...block(raw, 3, [1, 2, 3])]);
      expectRefused(stored, 5, /has 3 bytes and declares 5/);
    });
    test("a frame that declares less than it has", () => {
      const stored = Uint8Array.from([...magic, 0x20, 2, ...block(raw, 3, [1, 2, 3])]);
      expectRefused(stored, 3, /larger than blocks may be/);
    });
    test("frames that together declare more than the index promises", () => {
      expectRefused(join(frame, frame), content.length + 1, /declare/);
    });
    test("a declared size beyond 2^53", () => {
      const stored = Uint8Array.from([
        ...magic,
        0xe0,
        255,
        255,
        255,
        255,
        255,
        255,
        255,
        255,
        ...block(raw, 0, []),
      ]);
      expectRefused(stored, 10, /window|declare/);
    });
    test("a window above the limit", () => {
      // 2^(10+20) bytes.
      expectRefused(frameOf(block(raw, 1, [1]), 30), 1, /window of 1073741824 bytes; the limit is 268435456/);
      expectRefused(frameOf(block(raw, 1, [1]), 11), 1, /the limit is 1024/, 1024);
    });
    test("a window at the limit takes no memory that is not needed", () => {
      const stored = join(...Array.from({ length: 300 }, () => frameOf(block(raw, 1, [1]), 28)));
      const before = process.memoryUsage().arrayBuffers;
      expect(decode(stored, 300)).toHaveLength(300);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    });
    test("a frame that needs a dictionary", () => {
      expectRefused(Uint8Array.from([...magic, 0x01, 0x00, 0x07, ...block(raw, 1, [5])]), 1, /dictionary/);
    });
    test("a reserved bit in the frame header", () => {
      expectRefused(Uint8Array.from([...magic, 0x08, 0x00, ...block(raw, 1, [5])]), 1, /reserved bit/);
    });
    test("a reserved block type", () => expectRefused(frameOf(block(reserved, 1, [1])), 1, /reserved type/));
    test("a block larger than the window", () => {
      expectRefused(frameOf(block(repeated, 1025, [1])), 1025, /larger than blocks may be/);
    });
    test("a block larger than 128 KiB", () => {
      expectRefused(
        frameOf(block(repeated, 128 * 1024 + 1, [1]), 18),
        128 * 1024 + 1,
        /larger than blocks may be/,
      );
    });
    test("every way to end too early", () => {
      const some = content.subarray(0, 300);
      const short = Uint8Array.from([...magic, 0x60, ...uint16(44), ...block(raw, some.length, [...some])]);
      expect(Buffer.compare(decode(short, some.length), some)).toBe(0);
      for (let length = 1; length < short.length; length++) {
        expectRefused(short.subarray(0, length), some.length, /middle of a frame/);
      }
    });
    test("a skippable frame that ends too early", () => {
      expectRefused(join(frame, skippable([1, 2, 3]).subarray(0, 10)), content.length, /middle of a frame/);
    });
    test("a skippable frame that claims 4 GiB", () => {
      expectRefused(Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255, 0), 0, /middle of a frame/);
    });
    test("bytes behind the last frame", () => {
      expectRefused(join(frame, Buffer.from("garbage")), content.length, /not a zstd frame/);
      expectRefused(join(frame, Uint8Array.of(0)), content.length, /middle of a frame|not a zstd frame/);
    });
    test("bytes before the first frame", () =>
      expectRefused(join(content, frame), content.length, /not a zstd frame/));
    test("no last block", () => expectRefused(frameOf(block(raw, 1, [1], false)), 1, /middle of a frame/));
  });

  describe("blocks that lie", () => {
    const damaged = /the compressed bytes are damaged/;
    const compressedBlock = (...bytes: number[]): Uint8Array =>
      frameOf(block(compressed, bytes.length, bytes), 17);

    test("a compressed block without a byte", () => expectRefused(compressedBlock(), 1, damaged));
    test("literals that are longer than the block", () =>
      expectRefused(compressedBlock(31 << 3, 1, 2, 0), 31, damaged));
    test("literals that claim more than a block may have", () => {
      // One byte, repeated 2^20 - 1 times.
      expectRefused(compressedBlock(0xfd, 0xff, 0xff, 7, 0), 1 << 20, damaged);
    });
    test("literals with the table of a block before, where there is none", () => {
      expectRefused(compressedBlock(0x13, 0x40, 0x00, 1, 0), 1, damaged);
    });
    test("a table of literals that does not add up", () => {
      // One weight of 12, which stands for a code of more than 11 bits.
      expectRefused(compressedBlock(0x12, 0xc0, 0x00, 128, 0xc0, 1, 0), 1, damaged);
    });
    test("sequences with the tables of a block before, where there is none", () => {
      expectRefused(compressedBlock(1 << 3, 65, 1, 0xfc, 1), 4, damaged);
    });
    test("sequences with reserved bits", () =>
      expectRefused(compressedBlock(1 << 3, 65, 1, 0x01, 1), 4, damaged));
    test("something behind the literals of a block without sequences", () => {
      expectRefused(compressedBlock(1 << 3, 65, 0, 0), 1, damaged);
    });
    test("many sequences of the longest match, from bits that are not there", () => {
      // 98,047 sequences of 65,538 bytes and more each: a decoder that does not count bits copies for seconds.
      const lots = compressedBlock(1 << 3, 65, 255, 255, 255, 0x54, 0, 0, 52, 1);
      const stored = join(...Array.from({ length: 200 }, () => lots));
      expectRefused(stored, 100_000_000, damaged);
    });
    test("a match before the beginning of the content", () => {
      // One literal, then three bytes from offset 4: last offsets are 1, 4, 8 at the beginning.
      expectRefused(compressedBlock(1 << 3, 65, 1, 0x54, 1, 1, 0, 0b11), 4, /reaches too far back/);
    });
    test("a match into the frame before", () => {
      const first = frameOf(block(raw, 8, [1, 2, 3, 4, 5, 6, 7, 8]));
      expectRefused(
        join(first, compressedBlock(1 << 3, 65, 1, 0x54, 1, 1, 0, 0b11)),
        12,
        /reaches too far back/,
      );
    });
  });
});
