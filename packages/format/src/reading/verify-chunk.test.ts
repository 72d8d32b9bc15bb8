import { describe, expect, test } from "vitest";

import { loadZstdDecoder } from "../node/index.js";
import { decodeWhole } from "../node/read/decode-whole.js";
import { collectBytes } from "../testing/collect.js";
import { chunkBytes, contents, cutFiles, cutPaths, expectBytes } from "../testing/cut-files.js";
import type { ContentThreads } from "./content-threads.js";

const decoder = await loadZstdDecoder();

describe("threads", () => {
  /** Does what a thread does, with the memory that was given to it. */
  const threads = (change: (content: Uint8Array) => Uint8Array = (content) => content): ContentThreads => ({
    read: (_, work) =>
      work(async (bytes, { path, size, hash, compression }) => {
        const given = structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
        const file = {
          path,
          size,
          hash: Buffer.from(hash).toString("hex"),
          isCompressed: compression === "zstd",
        };
        return change(decodeWhole(file, given, decoder));
      }),
  });

  test.each(cutPaths)("decode and verify chunks: %s", async (path) => {
    const archive = await cutFiles();
    const whole = contents[path];
    const opened = archive.open({ threads: threads() });
    const range = { offset: 1000, length: 30_000 };
    expectBytes(await opened.readFile(path, { range }), whole.subarray(1000, 31_000));
    expectBytes(await collectBytes(opened.stream(path)), whole);
    const chunk = archive.open().chunks(path)?.at(3);
    archive.data.fill(0x55, chunk?.dataOffset, (chunk?.dataOffset ?? 0) + 100);
    await expect(
      archive.open({ threads: threads() }).readFile(path, { range: { offset: 3 * chunkBytes, length: 1 } }),
    ).rejects.toMatchObject({
      code: path === "log" ? "Decompression" : "HashMismatch",
      path,
      message: expect.stringContaining("chunk 3"),
    });
  });

  test("that give another size are not believed", async () => {
    const archive = await cutFiles();
    const wrong = threads((content) => content.subarray(1));
    await expect(
      archive.open({ threads: wrong }).readFile("log", { range: { offset: 0, length: 1 } }),
    ).rejects.toMatchObject({ code: "HashMismatch", path: "log" });
  });
});
