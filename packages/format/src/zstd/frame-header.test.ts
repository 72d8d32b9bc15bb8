import { describe, expect, test } from "vitest";
import {
  frameHeaderSize,
  frameKind,
  parseBlockHeader,
  parseFrameHeader,
  skippableSize,
} from "./frame-header.js";

const magic = [0x28, 0xb5, 0x2f, 0xfd];
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

describe("what begins here", () => {
  test("a frame, and each of the sixteen kinds that are skipped", () => {
    expect(frameKind(bytes(...magic))).toBe("frame");
    for (let kind = 0; kind < 16; kind++) {
      expect(frameKind(bytes(0x50 + kind, 0x2a, 0x4d, 0x18))).toBe("skippable");
    }
  });

  test.each([
    [bytes(0x4f, 0x2a, 0x4d, 0x18)],
    [bytes(0x60, 0x2a, 0x4d, 0x18)],
    [bytes(0x28, 0xb5, 0x2f, 0xfc)],
    [bytes(0x29, 0xb5, 0x2f, 0xfd)],
    [bytes(0xfd, 0x2f, 0xb5, 0x28)],
    [bytes(0, 0, 0, 0)],
  ])("%j is nothing that is known", (start) => {
    expect(() => frameKind(start)).toThrow("not a zstd frame");
  });

  test("the size of what is skipped has 32 bits", () => {
    expect(skippableSize(bytes(0x50, 0x2a, 0x4d, 0x18, 1, 2, 3, 4, 99))).toBe(0x0403_0201);
    expect(skippableSize(bytes(0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255))).toBe(2 ** 32 - 1);
  });
});

describe("the header of a frame (RFC 8878, section 3.1.1.1)", () => {
  /** Of the content size, for the two highest bits of the descriptor. */
  const sizeBytes = (flag: number, single: boolean): number => [single ? 1 : 0, 2, 4, 8][flag] ?? 0;

  test("is as long as its descriptor says", () => {
    for (const flag of [0, 1, 2, 3]) {
      for (const single of [true, false]) {
        for (const [dictionary, dictionaryBytes] of [0, 1, 2, 4].entries()) {
          const descriptor = (flag << 6) | (single ? 0x20 : 0) | dictionary;
          const size = 4 + 1 + (single ? 0 : 1) + dictionaryBytes + sizeBytes(flag, single);
          expect(frameHeaderSize(bytes(...magic, descriptor))).toBe(size);
          const header = parseFrameHeader(bytes(...magic, descriptor, ...new Uint8Array(14)));
          expect(header.headerSize).toBe(size);
        }
      }
    }
  });

  test.each([
    [0x20, [7], 7],
    [0x60, [7, 1], 256 + 0x0107],
    [0xa0, [1, 2, 3, 4], 0x0403_0201],
    [0xe0, [1, 2, 3, 4, 5, 6, 0, 0], 0x0605_0403_0201],
  ])("%d has the content's size, and a window as large, in %j", (descriptor, size, contentSize) => {
    const header = parseFrameHeader(bytes(...magic, descriptor, ...size, 99));
    expect(header).toEqual({
      headerSize: 5 + size.length,
      windowSize: contentSize,
      contentSize,
      hasChecksum: false,
    });
  });

  test.each([
    [0x00, 1024],
    [0x01, 1024 + 128],
    [0x07, 1024 + 7 * 128],
    [0x08, 2048],
    [0x0b, 2048 + 3 * 256],
    [0x80, 2 ** 26],
    [0xff, 2 ** 41 + 7 * 2 ** 38],
  ])("a window of %d", (window, windowSize) => {
    expect(parseFrameHeader(bytes(...magic, 0x00, window))).toEqual({
      headerSize: 6,
      windowSize,
      contentSize: undefined,
      hasChecksum: false,
    });
    const withSize = parseFrameHeader(bytes(...magic, 0x40, window, 1, 0));
    expect(withSize).toMatchObject({ headerSize: 8, windowSize, contentSize: 257 });
  });

  test("says whether there is a checksum", () => {
    expect(parseFrameHeader(bytes(...magic, 0x04, 0)).hasChecksum).toBe(true);
    expect(parseFrameHeader(bytes(...magic, 0x10, 0)).hasChecksum).toBe(false);
  });

  test("with a reserved bit or a dictionary is refused", () => {
    expect(() => parseFrameHeader(bytes(...magic, 0x08, 0))).toThrow("a reserved bit");
    for (const [descriptor, id] of [
      [0x01, [1]],
      [0x02, [0, 1]],
      [0x03, [0, 0, 0, 1]],
      [0x23, [0, 0, 0, 1]],
    ] as const) {
      const window = descriptor < 0x20 ? [0] : [];
      expect(() => parseFrameHeader(bytes(...magic, descriptor, ...window, ...id, 0))).toThrow(
        "a dictionary",
      );
      const none = new Uint8Array(id.length);
      expect(() => parseFrameHeader(bytes(...magic, descriptor, ...window, ...none, 9))).not.toThrow();
    }
  });
});

describe("the header of a block", () => {
  const header = (type: number, size: number, last: boolean): Uint8Array => {
    const bits = (size << 3) | (type << 1) | (last ? 1 : 0);
    return bytes(99, bits & 0xff, (bits >> 8) & 0xff, bits >> 16, 99);
  };

  test.each([
    [0, "raw", 1000, 1000],
    [1, "rle", 1000, 1],
    [2, "compressed", 1000, 1000],
    [0, "raw", 0, 0],
  ] as const)("of the type %d (%s) with %d bytes", (type, name, size, storedSize) => {
    for (const last of [true, false]) {
      expect(parseBlockHeader(header(type, size, last), 1, 1000)).toEqual({
        type: name,
        last,
        size,
        storedSize,
      });
    }
  });

  test("with the reserved type is refused", () => {
    expect(() => parseBlockHeader(header(3, 1, true), 1, 1000)).toThrow("a reserved type");
  });

  test("may be as large as the window, and 128 KiB at most", () => {
    expect(() => parseBlockHeader(header(0, 1001, true), 1, 1000)).toThrow("larger than blocks may be");
    expect(parseBlockHeader(header(0, 131_072, true), 1, 2 ** 20).size).toBe(131_072);
    expect(() => parseBlockHeader(header(0, 131_073, true), 1, 2 ** 20)).toThrow("larger than blocks may be");
  });
});
