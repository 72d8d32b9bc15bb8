import { execFileSync } from "node:child_process";
import { truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { scratchDirectory } from "../../testing/scratch-directory.js";
import { openFileSource } from "./archive-files.js";

async function fileOf(content: string | Uint8Array): Promise<string> {
  const path = join(await scratchDirectory(), "file");
  writeFileSync(path, content);
  return path;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe("openFileSource", () => {
  test("reads any range, of any number of chunks", async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    const large = Buffer.concat(Array.from({ length: 10 }, () => content));
    await using source = await openFileSource(await fileOf(large));
    expect(source.size).toBe(large.length);
    await fc.assert(
      fc.asyncProperty(fc.nat(large.length), fc.nat(large.length), async (from, to) => {
        const [offset, end] = [Math.min(from, to), Math.max(from, to)];
        const bytes = await collect(source.read({ offset, length: end - offset }));
        expect(bytes.equals(large.subarray(offset, end))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("chunks belong to whoever reads them", async () => {
    await using source = await openFileSource(await fileOf("abc"));
    for await (const chunk of source.read({ offset: 0, length: 3 })) chunk.fill(0);
    expect((await collect(source.read({ offset: 0, length: 3 }))).toString()).toBe("abc");
  });

  test.each([
    [0, 4],
    [4, 0],
    [-1, 1],
    [0.5, 1],
    [0, Number.NaN],
  ])("refuses %d + %d of three bytes", async (offset, length) => {
    await using source = await openFileSource(await fileOf("abc"));
    await expect(collect(source.read({ offset, length }))).rejects.toMatchObject({ code: "InvalidArgument" });
  });

  test("throws when the file has become shorter", async () => {
    const path = await fileOf(new Uint8Array(3_000_000));
    await using source = await openFileSource(path);
    truncateSync(path, 1_500_000);
    await expect(collect(source.read({ offset: 0, length: 3_000_000 }))).rejects.toMatchObject({
      code: "SourceMismatch",
      path,
    });
  });

  test("its id changes with the file", async () => {
    const path = await fileOf("abc");
    await using first = await openFileSource(path);
    await using same = await openFileSource(path);
    expect(same.id).toBe(first.id);
    utimesSync(path, new Date(1000), new Date(1000));
    await using later = await openFileSource(path);
    expect(later.id).not.toBe(first.id);
  });

  test("names what cannot be opened, and does not wait for a FIFO", async () => {
    const directory = await scratchDirectory();
    const pipe = join(directory, "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(openFileSource(pipe)).rejects.toMatchObject({ code: "InvalidArgument", path: pipe });
    await expect(openFileSource(directory)).rejects.toMatchObject({
      code: "InvalidArgument",
      path: directory,
    });
    const missing = join(directory, "missing");
    await expect(openFileSource(missing)).rejects.toMatchObject({ code: "FileSystem", path: missing });
  });

  test("throws the signal's reason between chunks, and a clear error after closing", async () => {
    const path = await fileOf(new Uint8Array(3_000_000));
    const source = await openFileSource(path);
    const abort = new AbortController();
    const reading = async (): Promise<void> => {
      const chunks = source.read({ offset: 0, length: 3_000_000 }, { signal: abort.signal });
      for await (const chunk of chunks) if (chunk.length > 0) abort.abort("enough");
    };
    await expect(reading()).rejects.toBe("enough");
    await source.close();
    await source.close();
    await expect(collect(source.read({ offset: 0, length: 1 }))).rejects.toMatchObject({
      code: "FileSystem",
      path,
    });
  });
});
