import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";

import { archiveOfFiles } from "../../testing/archive-of-files.js";
import { collectBytes } from "../../testing/collect.js";
import { fromTar } from "../../tar/from-tar.js";
import { toTar } from "../../tar/to-tar.js";
import { loadZstdEncoder } from "../zstd/zstd-encoders.js";
import { compressTar } from "./compress-tar.js";
import { decompressTar } from "./decompress-tar.js";
import type { DecompressTarOptions } from "./decompress-tar.js";

const { archive } = archiveOfFiles([
  { path: "a", content: "a".repeat(5000) },
  { path: "b", content: new Uint8Array(5 * 1024 * 1024).map((_, at) => (at * 7919) >> 3) },
]);
const plain = await collectBytes(toTar(archive));

async function* inPieces(bytes: Uint8Array, size = 30_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

function decompressed(bytes: Uint8Array, options: DecompressTarOptions = {}): Promise<Uint8Array> {
  return collectBytes(decompressTar(inPieces(bytes), options));
}

/** Comparing them element by element takes seconds. */
function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect([actual.length, Buffer.compare(actual, expected)]).toEqual([expected.length, 0]);
}

const formats = ["none", "gzip", "zstd"] as const;

describe.each(formats)("%s", (format) => {
  test("is the same each time, and told by its bytes", async () => {
    const [one, two] = [
      await collectBytes(compressTar(inPieces(plain), format)),
      await collectBytes(compressTar(inPieces(plain, 77_777), format)),
    ];
    expectSame(one, two);
    expectSame(await decompressed(one), plain);
    const little = plain.subarray(0, 6144);
    const small = await collectBytes(compressTar(inPieces(little), format));
    expect(await collectBytes(decompressTar(inPieces(small, 1)))).toEqual(little);
  });

  test("a cut is noticed, and what the source throws is passed on", async () => {
    const whole = await collectBytes(compressTar(inPieces(plain), format));
    const reading = async (): Promise<void> => {
      for await (const { content } of fromTar(decompressTar(inPieces(whole.subarray(0, -700))))) {
        await collectBytes(content);
      }
    };
    await expect(reading()).rejects.toMatchObject({
      code: format === "none" ? "InvalidTar" : "Decompression",
    });
    const gone = new Error("gone");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* inPieces(whole.subarray(0, 1000));
      throw gone;
    }
    await expect(collectBytes(decompressTar(broken()))).rejects.toBe(gone);
    await expect(collectBytes(compressTar(broken(), format))).rejects.toBe(gone);
  });

  test("leaving it early frees the source", async () => {
    let isFreed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield* inPieces(plain);
      } finally {
        isFreed = true;
      }
    }
    for await (const chunk of decompressTar(compressTar(source(), format))) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => isFreed, { timeout: 60_000 }).toBe(true);
  });
});

describe("compressed by other programs", () => {
  test("in several members or frames, with one that is skipped before them", async () => {
    const half = Math.floor(plain.length / 2);
    const members = [plain.subarray(0, half), plain.subarray(half)];
    expectSame(await decompressed(Buffer.concat(members.map((part) => gzipSync(part)))), plain);
    const encoder = await loadZstdEncoder();
    const frames = members.map((part) => encoder.compress(part, 1));
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    expectSame(await decompressed(Buffer.concat([skippable, ...frames])), plain);
  });

  test("by the zstd command, from a pipe, which does not know the size, and with a long window", async () => {
    for (const flags of [["-1"], ["--ultra", "-20"], ["--long=27"]]) {
      const bytes = execFileSync("zstd", ["-c", ...flags], { input: plain, maxBuffer: 1e8 });
      expectSame(await decompressed(bytes), plain);
    }
  });

  test("what gzip and zstd read of ours", async () => {
    for (const [format, command] of [
      ["gzip", "gzip"],
      ["zstd", "zstd"],
    ] as const) {
      const bytes = await collectBytes(compressTar(inPieces(plain), format));
      expectSame(execFileSync(command, ["-dc"], { input: bytes, maxBuffer: 1e8 }), plain);
    }
  });

  test.each([
    ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 1], /xz -dc/u],
    ["bzip2", [0x42, 0x5a, 0x68, 0x39, 0, 0, 0], /bzip2 -dc/u],
    ["zip", [0x50, 0x4b, 3, 4, 0, 0, 0], /unpack it/u],
  ])("%s is refused with what to do", async (_name, bytes, advice) => {
    await expect(decompressed(new Uint8Array(bytes))).rejects.toMatchObject({
      code: "Unsupported",
      message: expect.stringMatching(advice),
    });
  });
});

describe("bombs", () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024);

  test("of gzip and zstd end at the limit", async () => {
    for (const bytes of [gzipSync(zeros), execFileSync("zstd", ["-c"], { input: zeros })]) {
      let given = 0;
      const reading = async (): Promise<void> => {
        for await (const chunk of decompressTar(inPieces(bytes), { maxBytes: 1_000_000 }))
          given += chunk.length;
      };
      await expect(reading()).rejects.toMatchObject({ code: "SizeExceeded" });
      expect(given).toBeLessThanOrEqual(1_000_000);
    }
  });

  test("exactly as much as the limit is none", async () => {
    for (const format of formats) {
      const bytes = await collectBytes(compressTar(inPieces(plain), format));
      expect((await decompressed(bytes, { maxBytes: plain.length })).length).toBe(plain.length);
    }
  });

  test("a frame that asks for a huge window", async () => {
    const bytes = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00]);
    await expect(decompressed(bytes)).rejects.toMatchObject({ code: "SizeExceeded" });
  });

  test("damage", async () => {
    const bytes = Buffer.from(await collectBytes(compressTar(inPieces(plain), "gzip")));
    bytes[5000] = (bytes[5000] ?? 0) ^ 0xff;
    await expect(decompressed(bytes)).rejects.toMatchObject({ code: "Decompression" });
  });
});
