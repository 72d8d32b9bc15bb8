import { describe, expect, test } from "vitest";

import { chunkedArchive } from "../testing/chunked-archive.js";
import type { FileInChunks } from "../testing/chunked-archive.js";
import { collectBytes } from "../testing/collect.js";
import {
  chunkBytes,
  contents,
  cutFiles,
  cutPaths,
  expectBytes,
  expectNoReads,
  storedRange,
} from "../testing/cut-files.js";
import { noise } from "../testing/sample-content.js";

const mebibyte = 1024 * 1024;

/** A large file: 24 chunks of 1 MiB. */
const large = noise(24 * mebibyte, "large");
const largeFile: FileInChunks = { path: "large", content: large, cuts: mebibyte };

describe("what is asked of the source", () => {
  test.each(cutPaths)("the chunks that a range touches, in one request: %s", async (path) => {
    const archive = await cutFiles();
    const opened = archive.open();
    await opened.readFile(path, { range: { offset: 5 * chunkBytes + 7, length: 29 } });
    expect(archive.reads.splice(0)).toEqual([storedRange(archive, path, 5)]);
    await archive.open().readFile(path, { range: { offset: 6 * chunkBytes - 1, length: chunkBytes + 2 } });
    expect(archive.reads.splice(0)).toEqual([storedRange(archive, path, 5, 7)]);
    await opened.readFile(path, { range: { offset: 9, length: 0 } });
    expect(archive.reads).toEqual([]);
  });

  test("nothing of chunks that were read a moment ago", async () => {
    const archive = await cutFiles();
    const opened = archive.open();
    for (let offset = 0; offset < contents.log.length; offset += 500) {
      await opened.readFile("log", {
        range: { offset, length: Math.min(500, contents.log.length - offset) },
      });
    }
    expect(archive.reads).toEqual(Array.from({ length: 10 }, (_, i) => storedRange(archive, "log", i)));
  });

  test("what is missing around the chunks that are there", async () => {
    const archive = await cutFiles();
    const opened = archive.open();
    await opened.readFile("log", { range: { offset: 2 * chunkBytes, length: 1 } });
    archive.reads.splice(0);
    expectBytes(
      await opened.readFile("log", { range: { offset: 1, length: contents.log.length - 2 } }),
      contents.log.subarray(1, -1),
    );
    // A request costs more than the chunk in the gap.
    expect(archive.reads).toEqual([storedRange(archive, "log", 0, 9)]);
  });

  test("no more is kept than the limit says, and the last one that was read stays", async () => {
    const archive = await cutFiles();
    const opened = archive.open({ limits: { maxKeptBytes: 2 * chunkBytes } });
    const readChunk = (index: number): Promise<unknown> =>
      opened.readFile("log", { range: { offset: index * chunkBytes, length: 1 } });
    for (const index of [0, 1, 0, 2, 0, 1]) await readChunk(index);
    expect(archive.reads).toEqual([0, 1, 2, 1].map((index) => storedRange(archive, "log", index)));
    archive.reads.splice(0);
    const without = archive.open({ limits: { maxKeptBytes: 0 } });
    for (let i = 0; i < 3; i++) await without.readFile("log", { range: { offset: 0, length: 1 } });
    expect(archive.reads).toHaveLength(3);
  });

  test("a large range by one request, of which a chunk or two are in memory and nothing is kept", async () => {
    const archive = await chunkedArchive([largeFile]);
    const opened = archive.open();
    const range = { offset: mebibyte / 2, length: 20 * mebibyte };
    expectBytes(
      await collectBytes(opened.stream("large", { range })),
      large.subarray(range.offset, range.offset + range.length),
    );
    expect(archive.reads.splice(0)).toEqual([storedRange(archive, "large", 0, 20)]);
    await collectBytes(opened.stream("large", { range: { offset: 0, length: 1 } }));
    expect(archive.reads.splice(0)).toEqual([storedRange(archive, "large", 0)]);
  });

  test("no more of a large range than somebody takes", async () => {
    let given = 0;
    const archive = await chunkedArchive([largeFile], {
      read: (read) =>
        async function* (range, options) {
          for await (const piece of read(range, options)) {
            given += piece.length;
            yield piece;
          }
        },
    });
    for await (const piece of archive.open().stream("large")) {
      expect(piece.length).toBeLessThanOrEqual(mebibyte);
      break;
    }
    expect(given).toBeLessThanOrEqual(2 * mebibyte);
    await expectNoReads(archive);
  });
});
