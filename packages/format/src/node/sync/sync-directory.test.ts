import { mkdirSync, statSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

import type { Archive } from "../../archive.js";
import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import type { ByteSource } from "../../sources/byte-source.js";
import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import type { Tree } from "../../testing/scratch-directory.js";
import { createArchive } from "../create/create-archive.js";
import { syncDirectory } from "./sync-directory.js";

interface Sample {
  readonly archive: Archive;
  /** How many bytes were read of the data. */
  readonly bytesRead: () => number;
}

async function archiveOf(
  tree: Tree,
  source: (inner: ByteSource) => ByteSource = (inner) => inner,
): Promise<Sample> {
  const chunks: Uint8Array[] = [];
  const root = await writeTree(await scratchDirectory(), tree);
  const sink = { write: (chunk: Uint8Array) => void chunks.push(chunk) };
  const { index } = await createArchive(root, sink, { compression: "none" });
  const inner = source(bufferSource(Buffer.concat(chunks)));
  let bytes = 0;
  const counting: ByteSource = {
    ...inner,
    read(range, options) {
      bytes += range.length;
      return inner.read(range, options);
    },
  };
  return { archive: openArchive(index.bytes, counting), bytesRead: () => bytes };
}

const tree = { "a.txt": "one", "b/c.txt": "two", "b/d/e.txt": "three", "f.txt": "four" };

describe("syncDirectory", () => {
  test("makes the directory, and then has nothing to do", async () => {
    const { archive, bytesRead } = await archiveOf(tree);
    const directory = join(await scratchDirectory(), "new");
    expect(await syncDirectory(archive, directory)).toEqual({
      written: Object.keys(tree),
      deleted: [],
      unchanged: 0,
      size: 15,
      transferSize: 15,
      notKept: [],
    });
    const before = bytesRead();
    expect(await syncDirectory(archive, directory)).toMatchObject({ written: [], unchanged: 4, size: 0 });
    expect(bytesRead()).toBe(before);
    expect(await readTree(directory)).toEqual({ ...tree, "b/": "", "b/d/": "" });
  });

  test("reads only what is missing or different, and leaves what is not the archive's", async () => {
    const { archive, bytesRead } = await archiveOf(tree);
    const directory = await writeTree(await scratchDirectory(), {
      ...tree,
      "a.txt": "ONE",
      "f.txt": "longer",
      "mine.txt": "mine",
    });
    unlinkSync(join(directory, "b/d/e.txt"));
    expect(await syncDirectory(archive, directory)).toEqual({
      written: ["a.txt", "b/d/e.txt", "f.txt"],
      deleted: [],
      unchanged: 1,
      size: 12,
      transferSize: 12,
      notKept: [],
    });
    // The four files are neighbours: one range, with the three bytes in between.
    expect(bytesRead()).toBe(15);
    expect(await readTree(directory)).toEqual({ ...tree, "mine.txt": "mine", "b/": "", "b/d/": "" });
  });

  test("quickly takes size and time for the content, and without that compares hashes", async () => {
    const { archive } = await archiveOf(tree);
    const directory = join(await scratchDirectory(), "new");
    await syncDirectory(archive, directory);
    const file = join(directory, "a.txt");
    const { atime, mtimeMs } = statSync(file);
    const seconds = Number((archive.entry("a.txt")?.mtimeNs ?? 0n) / 1000n) / 1e6;
    expect(Math.abs(mtimeMs / 1000 - seconds)).toBeLessThan(0.001);
    writeFileSync(file, "ONE");
    utimesSync(file, atime, seconds);
    expect(await syncDirectory(archive, directory, { quick: true })).toMatchObject({ written: [] });
    expect(await syncDirectory(archive, directory)).toMatchObject({ written: ["a.txt"] });
    writeFileSync(file, "ONE");
    expect(await syncDirectory(archive, directory, { quick: true })).toMatchObject({ written: ["a.txt"] });
  });

  test("removes with `delete` what the archive does not have, and no more", async () => {
    const { archive } = await archiveOf(tree);
    const outside = await writeTree(await scratchDirectory(), { "precious.txt": "precious", "dir/x": "x" });
    const directory = await writeTree(await scratchDirectory(), {
      "b/extra.txt": "",
      "old/deep/er/x": "",
      ".hidden": "",
      "a.txt": "one",
    });
    mkdirSync(join(directory, "empty"));
    symlinkSync(join(outside, "dir"), join(directory, "link-to-directory"));
    symlinkSync(join(outside, "precious.txt"), join(directory, "link-to-file"));
    const { deleted } = await syncDirectory(archive, directory, { delete: true });
    expect(deleted).toEqual([".hidden", "b/extra.txt", "link-to-directory", "link-to-file", "old/deep/er/x"]);
    expect(await readTree(directory)).toEqual({ ...tree, "b/": "", "b/d/": "" });
    expect(await readTree(outside)).toEqual({ "precious.txt": "precious", "dir/": "", "dir/x": "x" });
  });

  test("never writes through a link: it is an error, or replaced with `delete`", async () => {
    const { archive } = await archiveOf(tree);
    const outside = await writeTree(await scratchDirectory(), { "c.txt": "precious", target: "precious" });
    const directory = await scratchDirectory();
    symlinkSync(outside, join(directory, "b"));
    symlinkSync(join(outside, "target"), join(directory, "a.txt"));
    await expect(syncDirectory(archive, directory)).rejects.toMatchObject({ code: "DestinationConflict" });
    await syncDirectory(archive, directory, { delete: true });
    expect(await readTree(directory)).toEqual({ ...tree, "b/": "", "b/d/": "" });
    expect(await readTree(outside)).toEqual({ "c.txt": "precious", target: "precious" });
  });

  test("with `delete` a directory gives way to a file, and a file to a directory", async () => {
    const { archive } = await archiveOf(tree);
    const directory = await writeTree(await scratchDirectory(), { "a.txt/x": "", b: "file" });
    expect(await syncDirectory(archive, directory, { delete: true })).toMatchObject({
      deleted: ["a.txt/x", "b"],
    });
    expect(await readTree(directory)).toEqual({ ...tree, "b/": "", "b/d/": "" });
  });

  test("on trial changes nothing and says what it would do", async () => {
    const { archive, bytesRead } = await archiveOf(tree);
    const content = { "a.txt": "ONE", "old.txt": "old" };
    const directory = await writeTree(await scratchDirectory(), content);
    expect(await syncDirectory(archive, directory, { delete: true, dryRun: true })).toEqual({
      written: Object.keys(tree),
      deleted: ["old.txt"],
      unchanged: 0,
      size: 15,
      transferSize: 15,
      notKept: [],
    });
    expect(await readTree(directory)).toEqual(content);
    const nowhere = join(directory, "nowhere");
    expect((await syncDirectory(archive, nowhere, { dryRun: true })).written).toHaveLength(4);
    expect(await readTree(directory)).toEqual(content);
    expect(bytesRead()).toBe(0);
  });

  test("that was interrupted goes on where it was", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `${String(i).padStart(2, "0")}.bin`,
        String(i).padEnd(100_000, "x"),
      ]),
    );
    let reads = 0;
    const { archive, bytesRead } = await archiveOf(many, (inner) => ({
      ...inner,
      async *read(range, options) {
        reads += 1;
        if (reads === 3) throw new Error("the connection broke");
        yield* inner.read(range, options);
      },
    }));
    const directory = await scratchDirectory();
    const options = { maxRangeBytes: 1_000_000, concurrency: 1, workers: 0 };
    await expect(syncDirectory(archive, directory, options)).rejects.toThrow("the connection broke");
    const before = bytesRead();
    const { written, unchanged } = await syncDirectory(archive, directory, { ...options, delete: true });
    expect(unchanged).toBe(20);
    expect(bytesRead() - before).toBe(written.length * 100_000);
    expect(await readTree(directory)).toEqual(many);
  });

  const failures: Readonly<Record<string, (inner: ByteSource) => ByteSource>> = {
    "cannot be fetched": (inner) => ({
      ...inner,
      // eslint-disable-next-line require-yield
      async *read() {
        throw new Error("the connection broke");
      },
    }),
    "is not what it should be": (inner) => ({
      ...inner,
      async *read({ length }) {
        yield new Uint8Array(length);
      },
    }),
  };

  test.each(Object.entries(failures))("deletes nothing when what is new %s", async (_, source) => {
    const { archive } = await archiveOf(tree, source);
    // Also what is in the way of a file (a.txt), and of a directory (b).
    const before = { "old.txt": "old", "a.txt/deep/x": "x", b: "file", "f.txt": "other" };
    const directory = await writeTree(await scratchDirectory(), before);
    const told = await readTree(directory);
    await expect(syncDirectory(archive, directory, { delete: true })).rejects.toThrow();
    expect(await readTree(directory)).toEqual(told);
  });

  test("puts what had to wait for a deletion in its place, with its facts, and leaves nothing beside it", async () => {
    const { archive } = await archiveOf(tree);
    const directory = await writeTree(await scratchDirectory(), { "a.txt/x": "", "b/d": "file" });
    expect(await syncDirectory(archive, directory, { delete: true, preserveMode: true })).toEqual({
      written: Object.keys(tree),
      deleted: ["a.txt/x", "b/d"],
      unchanged: 0,
      size: 15,
      transferSize: 15,
      notKept: [],
    });
    expect(await readTree(directory)).toEqual({ ...tree, "b/": "", "b/d/": "" });
    expect(await syncDirectory(archive, directory, { delete: true, quick: true })).toMatchObject({
      written: [],
      deleted: [],
    });
  });

  test("removes names that are not UTF-8, and says so", async () => {
    const { archive } = await archiveOf(tree);
    const directory = await writeTree(await scratchDirectory(), tree);
    const name = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x66, 0xff])]);
    try {
      writeFileSync(name, "");
      mkdirSync(Buffer.concat([name, Buffer.from("-directory")]));
    } catch (error) {
      console.log(`not tested: names that are not UTF-8, which this file system refuses: ${String(error)}`);
      return;
    }
    const { deleted } = await syncDirectory(archive, directory, { delete: true });
    expect(deleted).toEqual(["f\uFFFD"]);
    expect(await readTree(directory)).toEqual({ ...tree, "b/": "", "b/d/": "" });
  });

  test("gives a name its spelling where the file system knows no difference", async () => {
    const { archive } = await archiveOf({ "docs/read me.txt": "new", "other.txt": "other" });
    const directory = await writeTree(await scratchDirectory(), {
      "Docs/READ me.txt": "old",
      "OTHER.txt": "other",
    });
    await syncDirectory(archive, directory, { delete: true });
    expect(await readTree(directory)).toEqual({
      "docs/": "",
      "docs/read me.txt": "new",
      "other.txt": "other",
    });
  });

  describe("does not delete in", () => {
    const precious = (): Record<string, string> => ({
      "the root": "/",
      "the home directory": homedir(),
      "what the home directory is in": dirname(homedir()),
      "the current directory": process.cwd(),
      "what the current directory is in": dirname(process.cwd()),
    });
    test.each(Object.entries(precious()))("%s", async (_, directory) => {
      const { archive } = await archiveOf(tree);
      const link = join(await scratchDirectory(), "link");
      symlinkSync(directory, link);
      for (const name of [directory, link]) {
        // A trial refuses it as well.
        const synced = syncDirectory(archive, name, { delete: true, dryRun: true });
        await expect(synced).rejects.toMatchObject({ code: "InvalidArgument", path: name });
      }
    });
  });

  test("stops with the signal's reason", async () => {
    const { archive } = await archiveOf(tree);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(syncDirectory(archive, await scratchDirectory(), { signal })).rejects.toThrow("enough");
  });
});
