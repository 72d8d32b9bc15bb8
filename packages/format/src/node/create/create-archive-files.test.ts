import { readdirSync, rmSync } from "node:fs";
import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

import { text } from "../../testing/sample-content.js";
import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createArchiveFiles } from "./create-archive.js";
import { writeArchiveFiles } from "../local/archive-files.js";
import { openLocalArchive } from "../local/archive-files.js";

const tree = { "a.txt": text(3000), "b.txt": "b" };

async function readNames(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).toSorted();
}

test.each([
  ["data.blob", "index.blob"],
  ["index.blob", "data.blob"],
])("a directory named %s is an error, and %s stays as it was", async (taken, other) => {
  const root = await writeTree(await scratchDirectory(), tree);
  const out = await writeTree(await scratchDirectory(), {
    [other]: "what was there",
    [`${taken}/file`]: "mine",
  });
  const before = await readTree(out);
  await expect(createArchiveFiles(root, out)).rejects.toMatchObject({
    code: "FileSystem",
    path: join(out, taken),
    message: expect.stringContaining("a directory has this name"),
  });
  expect(await readTree(out)).toEqual(before);
});

test("what was there is put back when the second file cannot get its name", async () => {
  const root = await writeTree(await scratchDirectory(), tree);
  const out = await scratchDirectory();
  await createArchiveFiles(root, out);
  const before = await readTree(out);
  const temporary = (): readonly string[] => readdirSync(out).filter((name) => name.endsWith(".tmp"));
  let dataFile: readonly string[] = [];
  const failing = writeArchiveFiles(out, async (sink) => {
    await sink.write(Buffer.from("other data"));
    dataFile = temporary();
    const index = {
      // Asked for when the index' file was made, and both have no names yet: somebody cleans up.
      get bytes(): Uint8Array {
        for (const name of temporary()) if (!dataFile.includes(name)) rmSync(join(out, name));
        return Buffer.from("other index");
      },
    };
    return { index };
  });
  await expect(failing).rejects.toMatchObject({ code: "FileSystem", path: join(out, "index.blob") });
  expect(await readTree(out)).toEqual(before);
});

test("without anything before, nothing is there after such a failure", async () => {
  const out = await scratchDirectory();
  const produce = (): Promise<{ readonly index: { readonly bytes: Uint8Array } }> =>
    Promise.resolve({
      index: {
        get bytes(): Uint8Array {
          for (const name of readdirSync(out)) rmSync(join(out, name));
          return new Uint8Array(3);
        },
      },
    });
  await expect(writeArchiveFiles(out, produce)).rejects.toMatchObject({ code: "FileSystem" });
  expect(await readdir(out)).toEqual([]);
});

test("links under the names are replaced, not followed", async () => {
  const root = await writeTree(await scratchDirectory(), tree);
  const out = await scratchDirectory();
  const elsewhere = join(await scratchDirectory(), "precious");
  await writeFile(elsewhere, "precious");
  await symlink(elsewhere, join(out, "index.blob"));
  await symlink("nowhere", join(out, "data.blob"));
  await createArchiveFiles(root, out);
  expect(await readFile(elsewhere, "utf8")).toBe("precious");
  expect(await readNames(out)).toEqual(["data.blob", "index.blob"]);
  await using archive = await openLocalArchive(out);
  expect(await archive.readFile("a.txt", "utf8")).toBe(tree["a.txt"]);
});

test("an archive is replaced again and again, and nothing is left behind", async () => {
  const out = join(await scratchDirectory(), "new", "directory");
  for (const content of ["one", "two", "three"]) {
    const root = await writeTree(await scratchDirectory(), { ...tree, "c.txt": content.repeat(100) });
    await createArchiveFiles(root, out);
    expect(await readNames(out)).toEqual(["data.blob", "index.blob"]);
    await using archive = await openLocalArchive(out);
    expect(await archive.readFile("c.txt", "utf8")).toBe(content.repeat(100));
  }
});

test("an output that is a file is an error that names it", async () => {
  const root = await writeTree(await scratchDirectory(), tree);
  const out = join(await scratchDirectory(), "file");
  await writeFile(out, "a file");
  await expect(createArchiveFiles(root, out)).rejects.toMatchObject({ code: "FileSystem", path: out });
});
