import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory } from "@blob/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryArchive } from "../testing/memory-archive.js";
import { saveToDisk } from "./save-to-disk.js";

const archive = memoryArchive({ "docs/a.md": "a", "docs/deep/b.md": "b", "other.md": "o" });
let directory: TemporaryDirectory;
beforeEach(async () => (directory = await createTemporaryDirectory()));
afterEach(() => directory.remove());

const save = (
  from: string,
  destination: string,
  overwrite?: readonly string[],
): ReturnType<typeof saveToDisk> =>
  saveToDisk(
    archive,
    { path: from, destination, overwrite },
    { homeDirectory: directory.path, signal: new AbortController().signal, onProgress: () => undefined },
  );

test("a file goes to a name, into a directory, or below the home directory", async () => {
  const named = path.join(directory.path, "named.md");
  expect(await save("docs/a.md", named)).toMatchObject({ files: 1, target: named });
  await mkdir(path.join(directory.path, "into"));
  expect(await save("docs/a.md", path.join(directory.path, "into"))).toMatchObject({ files: 1 });
  await save("docs/a.md", "~/home.md");
  expect((await readdir(directory.path)).toSorted()).toEqual(["home.md", "into", "named.md"]);
  expect(await readdir(path.join(directory.path, "into"))).toEqual(["a.md"]);
});

test("a directory's files keep their places below it; only those that were agreed to are overwritten", async () => {
  const target = path.join(directory.path, "saved");
  await mkdir(path.join(target, "deep"), { recursive: true });
  await writeFile(path.join(target, "deep", "b.md"), "mine");
  expect(await save("docs", target)).toMatchObject({ files: 1, skipped: ["docs/deep/b.md"] });
  expect(await readFile(path.join(target, "deep", "b.md"), "utf8")).toBe("mine");
  // What appears after the question was asked was not asked about.
  await writeFile(path.join(target, "a.md"), "mine, too");
  expect(await save("docs", target, ["docs/deep/b.md"])).toMatchObject({ files: 1, skipped: [] });
  expect(await readFile(path.join(target, "deep", "b.md"), "utf8")).toBe("b");
  expect(await readFile(path.join(target, "a.md"), "utf8")).toBe("mine, too");
});
