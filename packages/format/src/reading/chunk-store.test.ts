import { describe, expect, test } from "vitest";

import { chunkedArchive } from "../testing/chunked-archive.js";
import type { FileInChunks } from "../testing/chunked-archive.js";
import { collectBytes } from "../testing/collect.js";
import { chunkBytes, contents, cutFiles, expectBytes, storedRange } from "../testing/cut-files.js";
import { memoryChunkStore } from "../testing/memory-chunk-store.js";
import { noise } from "../testing/sample-content.js";
import type { ChunkStore } from "./chunk-store.js";

const mebibyte = 1024 * 1024;

/** A large file: 24 chunks of 1 MiB. */
const large = noise(24 * mebibyte, "large");
const largeFile: FileInChunks = { path: "large", content: large, cuts: mebibyte };

describe("a store of chunks", () => {
  test("is given what was verified, and asked before anything is fetched", async () => {
    const archive = await cutFiles();
    const store = memoryChunkStore();
    const range = { offset: 2 * chunkBytes + 1, length: 2 * chunkBytes };
    await archive.open({ chunks: { store } }).readFile("log", { range });
    const hashes = [...(archive.open().chunks("log") ?? [])].map(({ hash }) =>
      Buffer.from(hash).toString("hex"),
    );
    expect([...store.kept.keys()]).toEqual(hashes.slice(2, 5));
    archive.reads.splice(0);
    const later = archive.open({ chunks: { store } });
    expectBytes(
      await later.readFile("log", { range }),
      contents.log.subarray(range.offset, range.offset + range.length),
    );
    expect(archive.reads).toEqual([]);
    expectBytes(await later.readFile("log"), contents.log);
    expect(archive.reads).toEqual([storedRange(archive, "log", 0, 9)]);
    expect([...store.kept.keys()].toSorted()).toEqual(hashes.toSorted());
    // A file of up to 16 MiB comes out of it whole.
    archive.reads.splice(0);
    expectBytes(await archive.open({ chunks: { store } }).readFile("log"), contents.log);
    expect(archive.reads).toEqual([]);
  });

  test("is not given what is wrong", async () => {
    const archive = await cutFiles();
    archive.data.fill(0x55);
    const store = memoryChunkStore();
    const opened = archive.open({ chunks: { store } });
    for (const path of ["log", "stored"]) {
      await expect(opened.readFile(path, { range: { offset: 0, length: 1 } })).rejects.toMatchObject({
        path,
      });
    }
    expect(store.kept.size).toBe(0);
  });

  test("is neither asked nor filled by large reads", async () => {
    const archive = await chunkedArchive([largeFile]);
    let asked = 0;
    const store = memoryChunkStore({
      get() {
        asked += 1;
        return Promise.resolve(undefined);
      },
    });
    const opened = archive.open({ chunks: { store } });
    await collectBytes(opened.stream("large"));
    await opened.readFile("large");
    await opened.readFile("large", { range: { offset: 1, length: 18 * mebibyte } });
    expect([asked, store.kept.size]).toEqual([0, 0]);
  });

  test.each<[string, Partial<ChunkStore>]>([
    ["rejects", { get: () => Promise.reject(new Error("no")), put: () => Promise.reject(new Error("no")) }],
    [
      "throws",
      {
        get() {
          throw new Error("no");
        },
        put() {
          throw new Error("no");
        },
      },
    ],
    ["gives less", { get: (_, { maxBytes }) => Promise.resolve(new Uint8Array(maxBytes - 1)) }],
    ["gives more", { get: (_, { maxBytes }) => Promise.resolve(new Uint8Array(maxBytes + 1)) }],
    ["never ends keeping", { put: () => new Promise(() => undefined) }],
    [
      "spoils what it is given",
      {
        put(_, content) {
          for (const piece of content) piece.fill(0x55);
          return Promise.resolve();
        },
      },
    ],
  ])("that %s is as if there were none", async (_, change) => {
    const archive = await cutFiles();
    const opened = archive.open({ chunks: { store: memoryChunkStore(change) } });
    for (let round = 0; round < 2; round++) {
      for (const offset of [0, 5000, 20_000]) {
        expectBytes(
          await opened.readFile("log", { range: { offset, length: 10_000 } }),
          contents.log.subarray(offset, offset + 10_000),
        );
      }
    }
  });

  test("that is slower than the source does not fill the memory", async () => {
    const archive = await chunkedArchive([
      { path: "larger", content: noise(36 * mebibyte, "larger"), cuts: mebibyte },
    ]);
    let keeping = 0;
    const store = memoryChunkStore({
      put(_, content) {
        for (const { length } of content) keeping += length;
        return new Promise(() => undefined);
      },
    });
    const opened = archive.open({ chunks: { store } });
    for (let at = 0; at < 36; at++)
      await opened.readFile("larger", { range: { offset: at * mebibyte, length: 1 } });
    expect(keeping).toBe(32 * mebibyte);
  });

  test("stored bytes of chunks are read where that was said, and all else where it was", async () => {
    const archive = await cutFiles({}, [{ path: "small", content: noise(100) }]);
    const asked: number[] = [];
    const data = {
      ...archive.source,
      read(...its: Parameters<typeof archive.source.read>) {
        asked.push(its[0].length);
        return archive.source.read(...its);
      },
    };
    const opened = archive.open({ chunks: { data } });
    await opened.readFile("log", { range: { offset: 0, length: 1 } });
    await opened.readFile("log");
    await collectBytes(opened.stream("stored"));
    expect(asked).toHaveLength(3);
    await opened.readFile("small");
    expect(asked).toHaveLength(3);
    expect(opened.data).toBe(archive.source);
  });
});
