import process from "node:process";
import { describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { runModule } from "../../testing/run-module.js";
import { zlibZstd } from "./node-zlib.js";
import { loadZstdBinding } from "./zstd-binding.js";

const compiled = compilePackage("format");
const megabyte = 1024 * 1024;

const module = (name: string): string => JSON.stringify(new URL(name, compiled).href);

/** How a process gets its decoder. */
const decoders: readonly (readonly [string, string])[] = [
  ["portable", `(await import(${module("zstd/portable/portable.js")})).portableZstdFrames`],
  ...(loadZstdBinding() === undefined
    ? []
    : ([
        [
          "zstd-napi",
          `await (await import(${module("node/zstd/native-frame-decoder.js")})).loadNativeFrameDecoder()`,
        ],
      ] as const)),
  ...(zlibZstd() === undefined
    ? []
    : ([
        [
          "node:zlib",
          `(await import(${module("node/zstd/zlib-frame-decoder.js")})).createZlibFrameDecoder(
            (await import(${module("zstd/portable/portable.js")})).portableZstdFrames)`,
        ],
      ] as const)),
];
for (const name of ["zstd-napi", "node:zlib"])
  if (!decoders.some(([one]) => one === name))
    console.log(`not tested: the decoder ${name}, which ${process.version} does not have`);

/**
 * The most memory that a process had for some work, in megabytes beyond what it had before. `frames(count, mebibytes)` are
 * frames with a window of 256 MiB, and so much content each.
 */
async function peakOf(decoder: string, work: string): Promise<number> {
  const output = await runModule(`
    import { createZstdDecoder } from ${module("zstd/decoder.js")};
    import { streamContent } from ${module("reading/content-reader.js")};
    import { bufferSource } from ${module("sources/buffer-source.js")};
    import { nodeSha256 } from ${module("node/read/node-sha256.js")};
    import { resolveLimits } from ${module("reading/read-limits.js")};
    const decoder = createZstdDecoder(${decoder});
    const frame = (mebibytes) => {
      const blocks = 8 * mebibytes;
      return [0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, ...Array.from({ length: blocks }, (_, i) => {
        const bits = ((128 * 1024) << 3) | (1 << 1) | (i === blocks - 1 ? 1 : 0);
        return [bits & 0xff, (bits >> 8) & 0xff, bits >> 16, 65];
      }).flat()];
    };
    const frames = (count, mebibytes) => Buffer.alloc(count * frame(mebibytes).length, Buffer.from(frame(mebibytes)));
    const entry = (stored, mebibytes) => ({
      path: "file", size: mebibytes * ${megabyte}, storedSize: stored.length, dataOffset: 0,
      hash: new Uint8Array(32), compression: "zstd",
    });
    const source = (stored) => ({
      data: bufferSource(stored), zstd: decoder, sha256: nodeSha256, limits: resolveLimits(),
    });
    const peak = () => process.resourceUsage().maxRSS / 1024;
    const before = peak();
    ${work}
    console.log(peak() - before);`);
  return Number(output);
}

describe.each(decoders)("%s", (_name, decoder) => {
  test("frames with large windows take the memory of one, without a pause between them", async () => {
    const peak = await peakOf(
      decoder,
      `const stored = frames(12, 40);
       const stream = decoder.stream({ path: "file", size: 12 * 40 * ${megabyte} });
       let size = 0;
       for (const chunk of stream.push(stored)) size += chunk.length;
       stream.end();
       if (size !== 12 * 40 * ${megabyte}) throw new Error("That is not all");`,
    );
    // Of 480 MiB of content, 40 in a window; while a history grows, it is there twice.
    expect(peak).toBeLessThan(240);
  });

  test("reading that is given up in the middle of a frame gives its window back", async () => {
    const peak = await peakOf(
      decoder,
      `const stored = frames(1, 100);
       for (let i = 0; i < 12; i++) {
         let size = 0;
         for await (const chunk of streamContent(source(stored), entry(stored, 100), {})) {
           size += chunk.length;
           if (size > 40 * ${megabyte}) break;
         }
       }`,
    );
    expect(peak).toBeLessThan(240);
  });

  test("20,000 frames that ask for 256 MiB and hold a byte take next to nothing", async () => {
    const peak = await peakOf(
      decoder,
      `const tiny = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, 0x0b, 0, 0, 65]);
       const stored = Buffer.alloc(20_000 * tiny.length, tiny);
       for (const read of [
         () => decoder.decompress(stored, { path: "file", size: 4 * ${megabyte} }),
         () => [...decoder.stream({ path: "file", size: 4 * ${megabyte} }).push(stored)],
       ]) {
         let code;
         try { read(); } catch (error) { code = error.code; }
         if (code !== "Decompression") throw new Error("It was read");
       }`,
    );
    expect(peak).toBeLessThan(64);
  });
});
