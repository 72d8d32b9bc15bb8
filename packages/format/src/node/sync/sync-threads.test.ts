import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { chunkedArchive } from "../../testing/chunked-archive.js";
import { noise } from "../../testing/sample-content.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import type * as diffModule from "./diff-directory.js";
import type * as syncModule from "./sync-directory.js";

// Threads run files of the package, which the sources are not.
const compiled = compilePackage("format");
const { diffDirectory }: typeof diffModule = await import(
  new URL("node/sync/diff-directory.js", compiled).href
);
const { syncDirectory }: typeof syncModule = await import(
  new URL("node/sync/sync-directory.js", compiled).href
);

const chunkSize = 1024 * 1024;
const content = noise(30 * chunkSize + 5, "threads");

describe("any number of threads", () => {
  test.each([0, 1, 3])("%i: finds and writes the same", async (workers) => {
    const archive = await chunkedArchive([{ path: "f", content, compression: "zstd", cuts: chunkSize }]);
    const opened = archive.open();
    const changed = Buffer.from(content);
    for (const place of [0, 17 * chunkSize, content.length - 1]) changed[place] = 1 ^ (changed[place] ?? 0);
    const directory = await writeTree(await scratchDirectory(), { f: changed });
    const stored = [0, 17, 30].reduce((sum, at) => sum + (opened.chunks("f")?.at(at)?.storedSize ?? 0), 0);
    expect(await diffDirectory(opened, directory, { workers, stat: true })).toMatchObject({
      changed: ["f"],
      transferSize: stored,
    });
    expect(await syncDirectory(opened, directory, { workers })).toMatchObject({ transferSize: stored });
    expect(archive.reads).toHaveLength(3);
    expect(readFileSync(join(directory, "f")).equals(content)).toBe(true);
    expect(await diffDirectory(opened, directory, { workers })).toMatchObject({ changed: [] });
  });

  test("stop with the signal's reason, and what was written is used by the next run", async () => {
    const controller = new AbortController();
    const archive = await chunkedArchive([{ path: "f", content, cuts: chunkSize }], {
      read: (read) =>
        async function* (range, options) {
          if (range.offset > 20 * chunkSize) controller.abort(new Error("enough"));
          yield* read(range, options);
        },
    });
    const changed = Buffer.from(content);
    for (const place of [5 * chunkSize, 25 * chunkSize]) changed[place] = 1 ^ (changed[place] ?? 0);
    const directory = await writeTree(await scratchDirectory(), { f: changed });
    const how = { workers: 2, signal: controller.signal };
    await expect(syncDirectory(archive.open(), directory, how)).rejects.toThrow("enough");
    expect(readFileSync(join(directory, "f")).equals(changed)).toBe(true);
    archive.reads.length = 0;
    await syncDirectory(archive.open(), directory, { delete: true });
    expect(archive.reads).toEqual([{ offset: 25 * chunkSize, length: chunkSize }]);
    expect(readFileSync(join(directory, "f")).equals(content)).toBe(true);
  });
});
