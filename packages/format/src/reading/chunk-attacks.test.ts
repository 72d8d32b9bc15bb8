import { describe, expect, test } from "vitest";

import { isFormatError } from "../errors.js";
import { chunkedArchive } from "../testing/chunked-archive.js";
import { collectBytes } from "../testing/collect.js";
import { chunkBytes, contents, cutFiles, cutPaths, expectBytes } from "../testing/cut-files.js";
import { memoryChunkStore } from "../testing/memory-chunk-store.js";
import { noise } from "../testing/sample-content.js";
import type { ChunkStore } from "./chunk-store.js";

const mebibyte = 1024 * 1024;

describe("what is wrong", () => {
  test.each(cutPaths)("a flipped bit in any chunk is refused, named, and nobody else's: %s", async (path) => {
    const intact = await cutFiles();
    const whole = contents[path];
    for (const chunk of intact.open().chunks(path) ?? []) {
      const archive = await cutFiles();
      const at = chunk.dataOffset + Math.floor(chunk.storedSize / 2);
      archive.data[at] = (archive.data[at] ?? 0) ^ 1;
      const opened = archive.open();
      const end = chunk.offset + chunk.size;
      const range = { offset: end - 1, length: 1 };
      await expect(opened.readFile(path, { range })).rejects.toSatisfy(
        (error) =>
          isFormatError(error) &&
          ["HashMismatch", "Decompression"].includes(error.code) &&
          error.path === path &&
          error.message.includes(`"${path}"`) &&
          error.message.includes(`chunk ${chunk.index}, bytes ${chunk.offset} to ${end - 1}`),
      );
      const given: Uint8Array[] = [];
      const reading = async (): Promise<void> => {
        for await (const piece of opened.stream(path)) given.push(piece);
      };
      await expect(reading()).rejects.toMatchObject({ path });
      // Nothing of the damaged chunk, but all before it.
      expectBytes(Buffer.concat(given), whole.subarray(0, chunk.offset));
      if (chunk.offset > 0) await opened.readFile(path, { range: { offset: 0, length: chunk.offset } });
      if (end < whole.length)
        await opened.readFile(path, { range: { offset: end, length: whole.length - end } });
    }
  });

  test.each(cutPaths)("a hash that is wrong in any chunk, and no other: %s", async (path) => {
    for (const index of [0, 4, 9]) {
      const archive = await cutFiles({
        changeCuts(cuts) {
          const hashes = cuts.hashes.slice();
          hashes[32 * index + 31] = 255 - (hashes[32 * index + 31] ?? 0);
          return { ...cuts, hashes };
        },
      });
      const opened = archive.open();
      const range = { offset: index * chunkBytes, length: 1 };
      await expect(opened.readFile(path, { range })).rejects.toMatchObject({ code: "HashMismatch", path });
      await opened.readFile(path, { range: { offset: 2 * chunkBytes, length: 1 } });
      await expect(collectBytes(archive.open().stream(path))).rejects.toMatchObject({ code: "HashMismatch" });
    }
  });

  test("a file whose chunks are right and whose own hash is not", async () => {
    const archive = await cutFiles({ changeEntry: (entry) => ({ ...entry, hash: new Uint8Array(32) }) });
    const kept = memoryChunkStore();
    for (const options of [{}, { chunks: { store: kept } }]) {
      const opened = archive.open(options);
      await expect(opened.readFile("log")).rejects.toMatchObject({ code: "HashMismatch", path: "log" });
      await expect(collectBytes(opened.stream("log"))).rejects.toMatchObject({
        code: "HashMismatch",
        path: "log",
      });
    }
  });

  test.each([
    ["the first of two", 2, 0],
    ["the second of two", 2, 1],
    ["the first of many", 12, 0],
  ])("a stored size that cannot be true is in no index: %s", async (_, count, liar) => {
    const content = new Uint8Array(count * 2 * mebibyte);
    const lying = chunkedArchive([{ path: "zeros", content, cuts: 2 * mebibyte, compression: "zstd" }], {
      changeCuts({ storedSizes, ...cuts }) {
        const sizes = Array.from(storedSizes ?? []);
        const rest = (sizes[liar] ?? 0) - 1;
        const other = liar === 0 ? 1 : 0;
        const lies = sizes.map((size, at) => (at === liar ? 1 : at === other ? size + rest : size));
        return { ...cuts, storedSizes: Uint32Array.from(lies) };
      },
    });
    // What cannot be opened cannot be written either.
    await expect(lying).rejects.toMatchObject({
      code: "InvalidArgument",
      path: "zeros",
      message: expect.stringContaining(`number ${liar}: the index promises`),
      cause: { code: "InvalidIndex" },
    });
  });

  test("stored sizes that are another chunk's", async () => {
    const archive = await cutFiles({
      changeCuts({ storedSizes, ...cuts }) {
        const moved = storedSizes?.map((size, at) => (at === 3 ? size - 1 : at === 4 ? size + 1 : size));
        return { ...cuts, storedSizes: moved };
      },
    });
    const opened = archive.open();
    for (const index of [3, 4]) {
      await expect(
        opened.readFile("log", { range: { offset: index * chunkBytes, length: 1 } }),
      ).rejects.toMatchObject({ code: "Decompression", message: expect.stringContaining(`chunk ${index}`) });
    }
    // The whole file does not depend on it.
    expectBytes(await opened.readFile("log"), contents.log);
  });

  test("a source that gives more or less", async () => {
    for (const [what, change] of [
      ["less", (bytes: Uint8Array) => [bytes.subarray(0, -1)]],
      ["more", (bytes: Uint8Array) => [bytes, new Uint8Array(1)]],
      ["nothing", () => []],
    ] as const) {
      const archive = await cutFiles({
        read: (read) =>
          async function* (range, options) {
            for await (const piece of read(range, options)) yield* change(piece);
          },
      });
      const opened = archive.open();
      const failed = {
        code: "SourceMismatch",
        path: "stored",
        message: expect.stringContaining(what === "more" ? "more" : "less"),
      };
      await expect(opened.readFile("stored", { range: { offset: 5, length: 5 } })).rejects.toMatchObject(
        failed,
      );
      await expect(collectBytes(opened.stream("stored"))).rejects.toMatchObject(failed);
    }
  });

  test("a window larger than the limit", async () => {
    const content = Buffer.concat([noise(600_000), noise(600_000), noise(600_000)]);
    const archive = await chunkedArchive([{ path: "far", content, cuts: 2 * mebibyte, compression: "zstd" }]);
    const opened = archive.open({ limits: { maxDecoderBytes: 1024 } });
    await expect(opened.readFile("far", { range: { offset: 0, length: 1 } })).rejects.toMatchObject({
      code: "SizeExceeded",
      message: expect.stringContaining("limits.maxDecoderBytes"),
    });
  });

  test("options that are none", async () => {
    const archive = await cutFiles();
    const wrong = { code: "InvalidArgument" };
    expect(() => archive.open({ chunks: { store: {} as ChunkStore } })).toThrow(
      expect.objectContaining(wrong),
    );
    expect(() => archive.open({ chunks: { data: {} as never } })).toThrow(expect.objectContaining(wrong));
    expect(() => archive.open({ limits: { maxKeptBytes: -1 } })).toThrow(expect.objectContaining(wrong));
    const data = { ...archive.source, size: 1 };
    expect(() => archive.open({ chunks: { data } })).toThrow(
      expect.objectContaining({ code: "SourceMismatch" }),
    );
  });
});
