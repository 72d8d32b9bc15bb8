import { describe, expect, test } from "vitest";

import { chunkedArchive } from "../testing/chunked-archive.js";
import type { ChunkedArchiveOptions } from "../testing/chunked-archive.js";
import { collectBytes } from "../testing/collect.js";
import {
  chunkBytes,
  contents,
  cutFiles,
  expectBytes,
  expectNoReads,
  storedRange,
} from "../testing/cut-files.js";

async function settled(reading: Promise<unknown>): Promise<unknown> {
  return reading.then(
    () => "done",
    (error: unknown) => error,
  );
}

/** A source that goes on when the test says so. */
function gatedRead(): { readonly options: ChunkedArchiveOptions; readonly letThrough: () => void } {
  let letThrough = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  return {
    options: {
      read: (read) =>
        async function* (range, options) {
          await Promise.race([
            gate,
            new Promise((_, reject) => {
              options?.signal?.addEventListener("abort", () => reject(options.signal?.reason as Error));
            }),
          ]);
          yield* read(range, options);
        },
    },
    letThrough: () => letThrough(),
  };
}

describe("readers of the same and of neighbouring chunks", () => {
  test("16 of them fetch each chunk once", async () => {
    const archive = await cutFiles();
    const opened = archive.open();
    const range = (at: number) => ({ offset: (at % 8) * chunkBytes + 100, length: chunkBytes });
    const given = await Promise.all(
      Array.from({ length: 16 }, (_, at) =>
        at % 2 === 0
          ? opened.readFile("log", { range: range(at) })
          : collectBytes(opened.stream("log", { range: range(at) })),
      ),
    );
    for (const [at, content] of given.entries()) {
      const { offset, length } = range(at);
      expectBytes(content, contents.log.subarray(offset, offset + length));
    }
    expect(archive.reads.reduce((sum, { length }) => sum + length, 0)).toBe(
      storedRange(archive, "log", 0, 8).length,
    );
  });

  test("who aborts leaves alone; when the last one leaves the work stops, and the next one starts anew", async () => {
    const { options, letThrough } = gatedRead();
    const archive = await cutFiles(options);
    const opened = archive.open();
    const aborts = Array.from({ length: 4 }, () => new AbortController());
    const reading = aborts.map(({ signal }) =>
      settled(opened.readFile("log", { range: { offset: 0, length: 10 }, signal })),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(archive.reads).toHaveLength(1);
    for (const [at, abort] of aborts.entries()) {
      const reason = new Error(`reader ${at} leaves`);
      expect(archive.openReads()).toBe(1);
      abort.abort(reason);
      expect(await reading[at]).toBe(reason);
    }
    await expectNoReads(archive);
    letThrough();
    expectBytes(
      await opened.readFile("log", { range: { offset: 0, length: 10 } }),
      contents.log.subarray(0, 10),
    );
    expect(archive.reads).toHaveLength(2);
  });

  test("one who leaves takes nothing from the others", async () => {
    const { options, letThrough } = gatedRead();
    const archive = await cutFiles(options);
    const opened = archive.open();
    const abort = new AbortController();
    const leaving = settled(
      opened.readFile("log", { range: { offset: 0, length: 3 * chunkBytes }, signal: abort.signal }),
    );
    const staying = opened.readFile("log", { range: { offset: 2 * chunkBytes, length: 10 } });
    const reason = new Error("gone");
    abort.abort(reason);
    expect(await leaving).toBe(reason);
    letThrough();
    expectBytes(await staying, contents.log.subarray(2 * chunkBytes, 2 * chunkBytes + 10));
    expect(archive.reads).toHaveLength(1);
  });

  test("a failure of the source is not kept, and reaches all who wait", async () => {
    let failures = 0;
    const archive = await cutFiles({
      read: (read) =>
        async function* (range, options) {
          failures += 1;
          if (failures === 1) throw new Error("the network is down");
          yield* read(range, options);
        },
    });
    const opened = archive.open();
    const range = { offset: 0, length: 10 };
    for (const reading of [opened.readFile("log", { range }), opened.readFile("log", { range })]) {
      await expect(reading).rejects.toThrow("the network is down");
    }
    expect(await opened.readFile("log", { range })).toHaveLength(10);
  });

  test("a damaged chunk fails for those who asked for it, under the name by which they did", async () => {
    const archive = await chunkedArchive([
      { path: "a", content: contents.stored, cuts: chunkBytes },
      { path: "b", content: contents.stored, cuts: chunkBytes },
    ]);
    archive.data[chunkBytes + 5] = 255 - (archive.data[chunkBytes + 5] ?? 0);
    const opened = archive.open();
    const all = settled(opened.readFile("a", { range: { offset: 0, length: 3 * chunkBytes } }));
    const same = settled(opened.readFile("b", { range: { offset: chunkBytes, length: 1 } }));
    const next = opened.readFile("b", { range: { offset: 2 * chunkBytes, length: 10 } });
    expect(await all).toMatchObject({ code: "HashMismatch", path: "a" });
    expect(await same).toMatchObject({ code: "HashMismatch", path: "b" });
    expectBytes(await next, contents.stored.subarray(2 * chunkBytes, 2 * chunkBytes + 10));
    expect(archive.reads).toHaveLength(1);
  });
});
