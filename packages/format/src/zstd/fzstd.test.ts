import fc from "fast-check";
import { decompress } from "fzstd";
import { expect, test } from "vitest";

import { loadZstdEncoder } from "../node/node-zstd.js";
import { noise, text } from "../testing/sample-content.js";
import { portableZstdDecoder } from "./portable.js";

// fzstd is an independent reading of RFC 8878. It decodes the same content as we do where a frame is honest; why it is
// not what reads archives is in docs/decisions/0005.

const encoder = await loadZstdEncoder();

test("honest frames decode to the same content as fzstd's", () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc
      .tuple(fc.constantFrom(text, noise), fc.integer({ min: 0, max: 300_000 }))
      .map(([make, size]) => Buffer.from(make(size))),
  );
  fc.assert(
    fc.property(content, fc.constantFrom(1, 3, 9, 19), (bytes, level) => {
      const frame = encoder.compress(bytes, level);
      const ours = portableZstdDecoder.decompress(frame, { path: "file", size: bytes.length });
      expect(Buffer.compare(ours, bytes)).toBe(0);
      expect(Buffer.compare(decompress(frame), bytes)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("a block of 14 bytes that asks for gigabytes of copies is refused", () => {
  const sequences = 98_047;
  const block = [
    // One literal.
    ...[1 << 3, 0x61],
    // The largest number of sequences, with one code each for all of them: no literals, a repeated offset, and a match
    // of 65,539 bytes and more. The bits of that "more" end after the first one.
    ...[255, (sequences - 0x7f00) & 255, (sequences - 0x7f00) >> 8],
    ...[0x54, 0, 0, 52],
    ...[0xff, 0xff, 0xff, 0x01],
  ];
  const header = (block.length << 3) | (2 << 1) | 1;
  const frame = Uint8Array.from([
    ...[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38],
    ...[header & 255, header >> 8, 0],
    ...block,
  ]);
  const file = { path: "file", size: 128 * 1024 };
  expect(() => portableZstdDecoder.decompress(frame, file)).toThrow(
    expect.objectContaining({ code: "Decompression", path: "file" }),
  );
});
