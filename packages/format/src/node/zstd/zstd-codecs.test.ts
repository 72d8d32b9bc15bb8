import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { ZstdDecoder, ZstdEncoder, ZstdFrameDecoder } from "../../zstd/codec.js";
import { createZstdDecoder } from "../../zstd/decoder.js";
import { parseFrameHeader } from "../../zstd/frame-header.js";
import { portableZstdFrames } from "../../zstd/portable/portable.js";
import { noise, text as sampleText } from "../../testing/sample-content.js";
import { createNodeZstd } from "./node-zstd.js";
import { zlibZstd } from "./node-zlib.js";
import { loadZstdBinding } from "./zstd-binding.js";
import { zstdEncoderLoaders, loadZstdEncoder } from "./zstd-encoders.js";
import { loadNativeFrameDecoder } from "./native-frame-decoder.js";
import { createZlibFrameDecoder } from "./zlib-frame-decoder.js";

const text = (size: number): Buffer => Buffer.from(sampleText(size));

const encoders: ZstdEncoder[] = [];
for (const [name, load] of zstdEncoderLoaders) {
  const encoder = await load();
  if (encoder === undefined)
    console.log(`not tested: the encoder ${name}, which ${process.version} does not have`);
  else encoders.push(encoder);
}

const frameDecoders: ZstdFrameDecoder[] = [portableZstdFrames];
for (const [name, decoder] of [
  ["zstd-napi", await loadNativeFrameDecoder()],
  ["node:zlib", createZlibFrameDecoder(portableZstdFrames)],
] as const) {
  if (decoder === undefined)
    console.log(`not tested: the decoder ${name}, which ${process.version} does not have`);
  else frameDecoders.push(decoder);
}
const decoders = frameDecoders.map(createZstdDecoder);

const contents: readonly [string, Buffer][] = [
  ["nothing", Buffer.alloc(0)],
  ["one byte", Buffer.from("x")],
  ["a line", text(80)],
  ["text of 300 KB", text(300_000)],
  ["noise of 300 KB", noise(300_000)],
  ["zeros of 4 MiB", Buffer.alloc(4 * 1024 * 1024)],
];

/** 80 blocks that say "128 KiB of zeros", in a frame that does not say its size. */
const bomb = Buffer.concat([
  Buffer.from("28b52ffd0068", "hex"),
  ...Array.from({ length: 80 }, (_, i) => {
    const bits = ((128 * 1024) << 3) | (1 << 1) | (i === 79 ? 1 : 0);
    return Buffer.from([bits & 0xff, (bits >> 8) & 0xff, bits >> 16, 0]);
  }),
]);

/** Feeds a stream in pieces. */
function streamed(decoder: ZstdDecoder, stored: Uint8Array, size: number, step: number): Buffer {
  const stream = decoder.stream({ path: "file", size });
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stored.length; at += step) {
    for (const chunk of stream.push(stored.subarray(at, at + step))) {
      expect(chunk.length).toBeLessThanOrEqual(128 * 1024);
      chunks.push(chunk);
    }
  }
  stream.end();
  return Buffer.concat(chunks);
}

describe.each(encoders.filter((encoder) => "compressInto" in encoder))(
  "encoder $name, told where to",
  (encoder) => {
    test("makes the same frame there, or nothing when there may be too little room", () => {
      for (const content of [Buffer.alloc(0), text(5000), noise(5000), noise(300_000)].map((one) =>
        Buffer.from(one),
      )) {
        const target = Buffer.alloc(content.length + (content.length >> 8) + 64, 7);
        const size = encoder.compressInto?.(target, content, 3) ?? 0;
        expect(target.subarray(0, size).equals(encoder.compress(content, 3))).toBe(true);
        const small = Buffer.alloc(content.length, 7);
        expect(encoder.compressInto?.(small, content, 3)).toBeUndefined();
        expect(small.equals(Buffer.alloc(content.length, 7))).toBe(true);
      }
    });
  },
);

describe.each(encoders)("encoder $name", (encoder) => {
  test.each(contents)(
    "makes one frame of %s, with its size in the header, that every decoder reads",
    (_name, content) => {
      const frame = encoder.compress(content, 3);
      const header = parseFrameHeader(frame);
      expect(header?.contentSize).toBe(content.length);
      // The WebAssembly build has no call that adds one.
      expect(header?.hasChecksum).toBe(encoder.name !== "zstd-wasm");
      for (const decoder of decoders) {
        const file = { path: "file", size: content.length };
        expect(content.equals(decoder.decompress(frame, file)), decoder.name).toBe(true);
        expect(content.equals(streamed(decoder, frame, content.length, 60_000)), decoder.name).toBe(true);
      }
    },
  );

  test("gives results that later calls do not change", () => {
    const first = encoder.compress(text(5000), 3);
    const copy = Buffer.from(first);
    for (let index = 0; index < 10; index++) encoder.compress(noise(5000), 3);
    expect(copy.equals(first)).toBe(true);
  });

  test("obeys the level, and gives the same bytes for the same input", () => {
    const content = Buffer.concat([text(50_000), noise(1000), text(70_000)]);
    const sizes = [-7, 1, 3, 19].map((level) => encoder.compress(content, level).length);
    expect(sizes[0]).toBeGreaterThan(sizes[3] ?? 0);
    expect(Buffer.compare(encoder.compress(content, 3), encoder.compress(content, 3))).toBe(0);
  });

  test("round trip of any content, through every decoder", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.nat(40),
        fc.integer({ min: -7, max: 19 }),
        (part, times, level) => {
          const content = Buffer.concat(Array.from({ length: times }, () => part));
          const frame = encoder.compress(content, level);
          for (const decoder of decoders) {
            expect(content.equals(decoder.decompress(frame, { path: "file", size: content.length }))).toBe(
              true,
            );
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe.each(decoders)("decoder $name", (decoder) => {
  const [encoder] = encoders;
  if (encoder === undefined) throw new Error("There is no encoder");
  const hello = Buffer.from("hello hello hello hello");
  // Made by `zstd -c` from a pipe: no content size; the second without a checksum.
  const piped = Buffer.from("28b52ffd04586500003068656c6c6f200100994b11175eae0d", "hex");
  const unchecked = Buffer.from("28b52ffd00586500003068656c6c6f200100994b11", "hex");

  test("reads frames that do not say their size", () => {
    for (const frame of [piped, unchecked]) {
      expect(hello.equals(decoder.decompress(frame, { path: "file", size: hello.length }))).toBe(true);
      expect(hello.equals(streamed(decoder, frame, hello.length, 1))).toBe(true);
    }
  });

  test("reads all of several small frames in a row, and skippable ones between them", () => {
    const skippable = Buffer.from("5a2a4d1803000000aabbcc", "hex");
    const empty = encoder.compress(new Uint8Array(0), 3);
    const stored = Buffer.concat([
      skippable,
      piped,
      unchecked,
      empty,
      skippable,
      encoder.compress(hello, 3),
      empty,
    ]);
    const content = Buffer.concat([hello, hello, hello]);
    expect(content.equals(decoder.decompress(stored, { path: "file", size: content.length }))).toBe(true);
    for (const step of [1, 7, 1000]) {
      expect(content.equals(streamed(decoder, stored, content.length, step))).toBe(true);
    }
  });

  test("refuses content that is longer or shorter than promised", () => {
    for (const frame of [piped, unchecked, encoder.compress(hello, 3)]) {
      for (const size of [0, hello.length - 1, hello.length + 1]) {
        expect(() => decoder.decompress(frame, { path: "file", size })).toThrow(
          /"file" cannot be decompressed/,
        );
        expect(() => streamed(decoder, frame, size, 5)).toThrow(/"file" cannot be decompressed/);
      }
    }
  });

  test("refuses every truncation of a frame", () => {
    const frame = encoder.compress(Buffer.concat([text(500), noise(100)]), 3);
    for (let length = 0; length < frame.length; length++) {
      const cut = frame.subarray(0, length);
      expect(() => decoder.decompress(cut, { path: "file", size: 600 })).toThrow(/cannot be decompressed/);
      expect(() => streamed(decoder, cut, 600, 10)).toThrow(/cannot be decompressed/);
    }
  });

  test("stops a bomb that says nothing of its size as soon as it is longer than promised", () => {
    const stream = decoder.stream({ path: "bomb", size: 1000 });
    let given = 0;
    const explode = (): void => {
      for (const chunk of stream.push(bomb)) given += chunk.length;
    };
    expect(explode).toThrow(/"bomb" cannot be decompressed/);
    expect(given).toBeLessThan(200_000);
    expect(() => decoder.decompress(bomb, { path: "bomb", size: 1000 })).toThrow(
      /"bomb" cannot be decompressed/,
    );
  });

  test("damaged frames are an error or other content, and nothing else is ever thrown", () => {
    const content = Buffer.concat([text(800), noise(200)]);
    const frame = encoder.compress(content, 3);
    fc.assert(
      fc.property(fc.nat(frame.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(frame);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        for (const read of [
          () => decoder.decompress(damaged, { path: "file", size: content.length }),
          () => streamed(decoder, damaged, content.length, 100),
        ]) {
          try {
            expect(read().length).toBe(content.length);
          } catch (error) {
            expect(error).toMatchObject({ name: "FormatError", code: "Decompression", path: "file" });
          }
        }
      }),
    );
  });
});

describe("the order of codecs", () => {
  test("is zstd-napi, then node:zlib, then WebAssembly and JavaScript", async () => {
    const { encoder, decoder } = await createNodeZstd();
    const native = loadZstdBinding() !== undefined;
    const zlib = zlibZstd() !== undefined;
    expect(encoder.name).toBe(native ? "zstd-napi" : zlib ? "node:zlib" : "zstd-wasm");
    expect(decoder.name).toBe(native ? "zstd-napi" : zlib ? "node:zlib" : portableZstdFrames.name);
  });

  test("an encoder that this runtime has not is named", async () => {
    await expect(loadZstdEncoder("zstd-quantum")).rejects.toMatchObject({ code: "Unsupported" });
    await expect(loadZstdEncoder("zstd-wasm")).resolves.toMatchObject({ name: "zstd-wasm" });
  });
});
