import { chmodSync, lstatSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

import type { Archive } from "../../archive.js";
import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import type { ByteRange } from "../../sources/byte-source.js";
import { text } from "../../testing/sample-content.js";
import { archiveOfEmptyFiles } from "../../testing/empty-files.js";
import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import type { Tree } from "../../testing/scratch-directory.js";
import { createArchive } from "../create/create-archive.js";
import type { CreateOptions } from "../create/create-options.js";
import { syncDirectory } from "../sync/sync-directory.js";
import { extractArchive, extractFile } from "./extract.js";

interface Sample {
  readonly archive: Archive;
  readonly reads: ByteRange[];
  readonly data: Buffer;
}

async function archiveOf(tree: Tree, options?: CreateOptions): Promise<Sample> {
  const chunks: Uint8Array[] = [];
  const root = await writeTree(await scratchDirectory(), tree);
  const { index } = await createArchive(root, { write: (chunk) => void chunks.push(chunk) }, options);
  const data = Buffer.concat(chunks);
  const source = bufferSource(data);
  const reads: ByteRange[] = [];
  const recording: typeof source = {
    ...source,
    read(range, readOptions) {
      reads.push(range);
      return source.read(range, readOptions);
    },
  };
  return { archive: openArchive(index.bytes, recording), reads, data };
}

const tree = {
  "a-b": "1",
  "config/app.json": text(3000),
  "config/deep/er/x": "",
  "config.yaml": "yaml",
  "big.txt": text(9_000_000),
};

describe("extractArchive", () => {
  test("writes every file as it was, and nothing else", async () => {
    for (const compression of ["zstd", "none"] as const) {
      const { archive } = await archiveOf(tree, { compression });
      const destination = join(await scratchDirectory(), "new/deeper");
      const result = await extractArchive(archive, destination);
      expect(result).toEqual({ files: 5, size: 9_003_005, skipped: [], notKept: [] });
      expect(await readTree(destination)).toEqual({
        ...tree,
        "config/": "",
        "config/deep/": "",
        "config/deep/er/": "",
      });
    }
  });

  test("an empty archive makes an empty directory", async () => {
    const { archive } = await archiveOf({});
    const destination = join(await scratchDirectory(), "new");
    expect(await extractArchive(archive, destination)).toEqual({
      files: 0,
      size: 0,
      skipped: [],
      notKept: [],
    });
    expect(await readTree(destination)).toEqual({});
  });

  test("extracts a directory, or files and directories, in full paths", async () => {
    const { archive } = await archiveOf(tree);
    const one = await scratchDirectory();
    await extractArchive(archive, one, { directory: "/config/deep/" });
    expect(Object.keys(await readTree(one)).toSorted()).toEqual([
      "config/",
      "config/deep/",
      "config/deep/er/",
      "config/deep/er/x",
    ]);
    const two = await scratchDirectory();
    const result = await extractArchive(archive, two, { paths: ["config", "a-b", "config/app.json"] });
    expect(result.files).toBe(3);
    expect(Object.keys(await readTree(two)).filter((path) => !path.endsWith("/"))).toHaveLength(3);
  });

  test.each([
    [{ paths: ["a-b", "missing"] }, "NotFound", "missing"],
    [{ paths: ["config/app.json/x"] }, "NotFound", "config/app.json/x"],
    [{ directory: "missing" }, "NotFound", "missing"],
    [{ directory: "a-b" }, "WrongKind", "a-b"],
  ])("with %j writes nothing, and says what is unknown", async (options, code, path) => {
    const { archive } = await archiveOf(tree);
    const destination = join(await scratchDirectory(), "new");
    await expect(extractArchive(archive, destination, options)).rejects.toMatchObject({ code, path });
    expect(readdirSync(dirname(destination))).toEqual([]);
  });

  test("leaves existing files alone, and says which; they are not even fetched", async () => {
    const { archive, reads } = await archiveOf(tree);
    const destination = await writeTree(await scratchDirectory(), {
      "big.txt": "mine",
      "config/app.json": "mine too",
    });
    const result = await extractArchive(archive, destination);
    expect(result).toEqual({ files: 3, size: 5, skipped: ["big.txt", "config/app.json"], notKept: [] });
    expect(await readTree(destination)).toMatchObject({
      "big.txt": "mine",
      "config/app.json": "mine too",
      "a-b": "1",
    });
    expect(reads.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(10_000);
  });

  test("replaces existing files when asked: links by themselves, hard links without their other names", async () => {
    const { archive } = await archiveOf(tree);
    const outside = await writeTree(await scratchDirectory(), { victim: "precious" });
    const destination = await writeTree(await scratchDirectory(), { "big.txt": "mine" });
    symlinkSync(join(outside, "victim"), join(destination, "a-b"));
    const result = await extractArchive(archive, destination, { overwrite: true });
    expect(result.skipped).toEqual([]);
    expect(await readTree(destination)).toMatchObject(tree);
    expect(lstatSync(join(destination, "a-b")).isFile()).toBe(true);
    expect(await readTree(outside)).toEqual({ victim: "precious" });
  });

  test("keeps modes and times unless the caller says no, whatever the umask", async () => {
    const root = await writeTree(await scratchDirectory(), { run: "x" });
    chmodSync(join(root, "run"), 0o750);
    const chunks: Uint8Array[] = [];
    const { index } = await createArchive(
      root,
      { write: (chunk) => void chunks.push(chunk) },
      { reproducible: { sourceDateEpoch: 1_600_000_000 } },
    );
    const archive = openArchive(index.bytes, bufferSource(Buffer.concat(chunks)));
    const kept = await scratchDirectory();
    await extractArchive(archive, kept);
    expect(statSync(join(kept, "run")).mode & 0o7777).toBe(0o750);
    expect(statSync(join(kept, "run")).mtimeMs).toBe(1_600_000_000_000);
    const plain = await scratchDirectory();
    await extractArchive(archive, plain, { preserveMode: false, preserveTimes: false });
    expect(statSync(join(plain, "run")).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(statSync(join(plain, "run")).mtimeMs).toBeGreaterThan(1_600_000_000_000);
    const half = await scratchDirectory();
    await extractArchive(archive, half, { preserveTimes: false });
    expect(statSync(join(half, "run")).mode & 0o777).toBe(0o750);
    expect(statSync(join(half, "run")).mtimeMs).toBeGreaterThan(1_600_000_000_000);
    // What was extracted, and what a sync wrote, is what a sync would write.
    const synced = await scratchDirectory();
    await syncDirectory(archive, synced);
    expect(statSync(join(synced, "run")).mode & 0o7777).toBe(0o750);
    for (const directory of [kept, synced]) {
      for (const quick of [false, true]) {
        expect(await syncDirectory(archive, directory, { quick })).toMatchObject({
          written: [],
          unchanged: 1,
        });
      }
    }
    // Contents decide what differs: a mode that somebody changed stays.
    chmodSync(join(kept, "run"), 0o700);
    expect(await syncDirectory(archive, kept)).toMatchObject({ written: [] });
    expect(statSync(join(kept, "run")).mode & 0o777).toBe(0o700);
  });

  test("puts files where the caller says, and refuses two in one place", async () => {
    const { archive } = await archiveOf({ "a/x": "1", "b/y": "2" });
    const destination = await scratchDirectory();
    await extractArchive(archive, destination, { target: ({ path }) => `flat/${path.slice(2)}` });
    expect(await readTree(destination)).toEqual({ "flat/": "", "flat/x": "1", "flat/y": "2" });
    await expect(extractArchive(archive, destination, { target: () => "same" })).rejects.toMatchObject({
      code: "DestinationConflict",
      path: "b/y",
    });
  });

  test("fetches neighbouring files by one request, and cuts what is longer than the caller allows", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`f${String(i).padStart(3, "0")}`, `${i}`.repeat(50)]),
    );
    const { archive, reads, data } = await archiveOf(files);
    await extractArchive(archive, await scratchDirectory());
    expect(reads).toEqual([{ offset: 0, length: data.length }]);
    reads.length = 0;
    await extractArchive(archive, await scratchDirectory(), { maxRangeBytes: 1000, concurrency: 2 });
    expect(Math.max(...reads.map(({ length }) => length))).toBeLessThanOrEqual(1000);
    expect(reads.length).toBeGreaterThan(8);
    reads.length = 0;
    await extractArchive(archive, await scratchDirectory(), { readAheadBytes: 2000, concurrency: 4 });
    expect(Math.max(...reads.map(({ length }) => length))).toBeLessThanOrEqual(500);
  });

  test("tells how far it is", async () => {
    const { archive } = await archiveOf(tree);
    let last = { filesDone: 0, bytesDone: 0 };
    await extractArchive(archive, await scratchDirectory(), {
      onProgress(event) {
        expect(event).toMatchObject({ stage: "extracting", filesTotal: 5, bytesTotal: 9_003_005 });
        expect(event.bytesDone).toBeGreaterThanOrEqual(last.bytesDone);
        last = event;
      },
    });
    expect(last).toMatchObject({ filesDone: 5, bytesDone: 9_003_005 });
  });

  test.each(["none", "fixed"] as const)(
    "throws the signal's reason, and leaves no file of which nothing can be used (chunks: %s)",
    async (chunking) => {
      const { archive } = await archiveOf(tree, { chunking });
      const destination = await scratchDirectory();
      const abort = new AbortController();
      const reason = new Error("enough");
      const extracting = extractArchive(archive, destination, {
        signal: abort.signal,
        onProgress: ({ path, bytesDone }) => {
          if (path === "big.txt" && bytesDone > 1_000_000) abort.abort(reason);
        },
      });
      await expect(extracting).rejects.toBe(reason);
      const left = Object.keys(await readTree(destination)).filter((path) => !path.endsWith("/"));
      const unfinished = left.filter((path) => !(path in tree));
      // What the next run goes on with.
      expect(unfinished).toEqual(
        chunking === "none" ? [] : [expect.stringMatching(/^\.[0-9a-f-]+\.partial$/)],
      );
      expect(left).not.toContain("big.txt");
      await expect(extractArchive(archive, destination, { signal: AbortSignal.abort("no") })).rejects.toBe(
        "no",
      );
    },
  );

  test.each([{ concurrency: 0 }, { readAheadBytes: 0.5 }, { maxRangeBytes: -1 }])(
    "refuses %j",
    async (options) => {
      const { archive } = await archiveOf(tree);
      await expect(extractArchive(archive, await scratchDirectory(), options)).rejects.toMatchObject({
        code: "InvalidArgument",
      });
    },
  );
});

describe("clean", () => {
  test("empties the destination first, without following links out of it", async () => {
    const { archive } = await archiveOf({ new: "1" });
    const outside = await writeTree(await scratchDirectory(), { "deep/file": "precious" });
    const destination = await writeTree(await scratchDirectory(), { old: "", "a/b/c": "", ".hidden": "" });
    symlinkSync(outside, join(destination, "link"));
    symlinkSync(outside, join(destination, "a/b/link"));
    await extractArchive(archive, destination, { clean: true });
    expect(await readTree(destination)).toEqual({ new: "1" });
    expect(await readTree(outside)).toEqual({ "deep/": "", "deep/file": "precious" });
  });

  test("does nothing when the plan does not hold", async () => {
    const { archive } = await archiveOf({ new: "1" });
    const destination = await writeTree(await scratchDirectory(), { old: "" });
    await expect(
      extractArchive(archive, destination, { clean: true, paths: ["missing"] }),
    ).rejects.toMatchObject({
      code: "NotFound",
    });
    expect(await readTree(destination)).toEqual({ old: "" });
  });

  test("never empties a root, the home directory, the current directory, or what these are in", async () => {
    const { archive } = await archiveOf({ new: "1" });
    const link = join(await scratchDirectory(), "link");
    symlinkSync(process.cwd(), link);
    for (const precious of [
      "/",
      homedir(),
      dirname(homedir()),
      process.cwd(),
      dirname(process.cwd()),
      ".",
      "..",
      link,
    ]) {
      await expect(extractArchive(archive, precious, { clean: true }), precious).rejects.toMatchObject({
        code: "InvalidArgument",
      });
    }
  });
});

test("what nests deeper than the system can name is refused before anything is written", async () => {
  const archive = archiveOfEmptyFiles([`${"d/".repeat(20_000)}file`, "other"]);
  const destination = join(await scratchDirectory(), "new");
  await expect(extractArchive(archive, destination)).rejects.toMatchObject({ code: "InvalidPath" });
  expect(readdirSync(dirname(destination))).toEqual([]);
  // What the system refuses by itself is an error of the file system.
  const long = archiveOfEmptyFiles([`${"x".repeat(300)}/file`]);
  await expect(extractArchive(long, destination)).rejects.toMatchObject({ code: "FileSystem" });
});

describe("extractFile", () => {
  test("writes one file under any name", async () => {
    const { archive } = await archiveOf(tree);
    const file = join(await scratchDirectory(), "sub/other.json");
    expect(await extractFile(archive, "config/app.json", file)).toEqual({
      files: 1,
      size: 3000,
      skipped: [],
      notKept: [],
    });
    expect(await readTree(dirname(file))).toEqual({ "other.json": tree["config/app.json"] });
  });

  test("leaves an existing file alone unless told otherwise", async () => {
    const { archive } = await archiveOf(tree);
    const file = join(await scratchDirectory(), "mine");
    writeFileSync(file, "mine");
    expect(await extractFile(archive, "a-b", file)).toEqual({
      files: 0,
      size: 0,
      skipped: ["a-b"],
      notKept: [],
    });
    expect(await extractFile(archive, "a-b", file, { overwrite: true })).toEqual({
      files: 1,
      size: 1,
      skipped: [],
      notKept: [],
    });
    expect(await readTree(dirname(file))).toEqual({ mine: "1" });
  });

  test("says what is unknown or no file", async () => {
    const { archive } = await archiveOf(tree);
    const file = join(await scratchDirectory(), "x");
    await expect(extractFile(archive, "missing", file)).rejects.toMatchObject({ code: "NotFound" });
    await expect(extractFile(archive, "config", file)).rejects.toMatchObject({ code: "WrongKind" });
  });
});
