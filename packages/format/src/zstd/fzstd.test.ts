import fc from "fast-check";
import { decompress } from "fzstd";
import { expect, test } from "vitest";

import { loadZstdEncoder } from "../node/zstd/zstd-encoders.js";
import { noise, text } from "../testing/sample-content.js";
import { portableZstdDecoder } from "./portable/portable.js";

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

test("a frame of 22 bytes that asks for gigabytes of copies is refused", () => {
  const block = Buffer.concat([
    // One literal.
    Buffer.from("0861", "hex"),
    // 98,047 sequences, the most there can be, ...
    Buffer.from("ffffff", "hex"),
    // ... with one code each for all of them: no literals, a repeated offset, a match of 65,539 bytes and more.
    Buffer.from("54000034", "hex"),
    // The bits of that "more", which end after the first one.
    Buffer.from("ffffff01", "hex"),
  ]);
  // Compressed, and the last one.
  const blockHeader = Buffer.from([(block.length << 3) | (2 << 1) | 1, 0, 0]);
  const frame = Buffer.concat([Buffer.from("28b52ffd0038", "hex"), blockHeader, block]);
  const file = { path: "file", size: 128 * 1024 };
  expect(() => portableZstdDecoder.decompress(frame, file)).toThrow(
    expect.objectContaining({ code: "Decompression", path: "file" }),
  );
});
