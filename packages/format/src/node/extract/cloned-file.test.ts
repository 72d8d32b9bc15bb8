import { closeSync, copyFileSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { chunkedArchive } from "../../testing/chunked-archive.js";
import type { ChunkedArchive } from "../../testing/chunked-archive.js";
import { noise } from "../../testing/sample-content.js";
import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createFileWriter } from "./destination-file.js";
import { openDestination } from "./destination.js";
import { extractFiles } from "./extract-files.js";
import type { Clone } from "./partial-file.js";

const chunkSize = 64 * 1024;
const content = noise(80 * chunkSize + 100, "cloned");
const old = Buffer.from(content);
old[30 * chunkSize] = 1 ^ (old[30 * chunkSize] ?? 0);

/** What a file system that shares bytes gives, at another price. */
const copy: Clone = ({ name }, location) => copyFileSync(name, location);

interface Written {
  readonly directory: string;
  /** Of the data part. */
  readonly bytesRead: () => number;
  readonly extract: () => Promise<unknown>;
}

/** A directory with the old file, and an extraction that begins with a clone of it. */
async function sampleOf(
  clone: Clone,
  change: (archive: ChunkedArchive) => void = () => undefined,
): Promise<Written> {
  const archive = await chunkedArchive([{ path: "f", content, cuts: chunkSize }]);
  change(archive);
  const directory = await writeTree(await scratchDirectory(), { f: old });
  return {
    directory,
    bytesRead: () => archive.reads.reduce((sum, { length }) => sum + length, 0),
    async extract() {
      const opened = archive.open();
      const entry = opened.entry("f");
      if (entry === undefined) throw new Error("The archive has no such file");
      const destination = openDestination(directory);
      const how = { overwrite: true, preserveMode: false, preserveTimes: false, mayLink: false };
      const file = { handle: openSync(join(directory, "f"), "r"), name: join(directory, "f") };
      try {
        const writer = createFileWriter(destination, how, clone);
        writer.isTaken("f");
        await extractFiles(opened, writer, [{ entry, target: "f" }], {
          localChunks: () => ({
            base: file,
            find: ({ index, offset }) => (index === 30 ? undefined : { file, offset }),
            close: () => closeSync(file.handle),
          }),
        });
      } finally {
        destination.close();
      }
    },
  };
}

describe("a file that begins as a clone", () => {
  test("gets the chunks that are missing, and the mode of a new file", async () => {
    let clones = 0;
    const { directory, bytesRead, extract } = await sampleOf((base, location) => {
      clones++;
      copy(base, location);
    });
    await extract();
    expect([clones, bytesRead()]).toEqual([1, chunkSize]);
    expect(await readTree(directory)).toEqual({ f: content.toString("latin1") });
    expect(statSync(join(directory, "f")).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test.each<[string, Clone]>([
    ["longer", (_, location) => writeFileSync(location, Buffer.concat([content, content]))],
    ["shorter", (_, location) => writeFileSync(location, content.subarray(0, 40 * chunkSize + 1))],
    ["another", (_, location) => writeFileSync(location, noise(content.length, "another"))],
    ["empty", (_, location) => writeFileSync(location, "")],
  ])("is verified: what is %s than it was is fetched", async (_, clone) => {
    const { directory, extract } = await sampleOf(clone);
    await extract();
    expect(await readTree(directory)).toEqual({ f: content.toString("latin1") });
  });

  test("is written anew where the file system cannot clone", async () => {
    const { directory, bytesRead, extract } = await sampleOf(() => {
      throw Object.assign(new Error("not here"), { code: "ENOTSUP" });
    });
    await extract();
    expect(bytesRead()).toBe(chunkSize);
    expect(await readTree(directory)).toEqual({ f: content.toString("latin1") });
  });

  test("goes, and the old one stays, when what is missing is not what was promised", async () => {
    const { directory, extract } = await sampleOf(copy, ({ data }) => data.fill(0));
    await expect(extract()).rejects.toMatchObject({ code: "HashMismatch", path: "f" });
    expect(await readTree(directory)).toEqual({ f: old.toString("latin1") });
    expect(readFileSync(join(directory, "f")).equals(old)).toBe(true);
  });
});
