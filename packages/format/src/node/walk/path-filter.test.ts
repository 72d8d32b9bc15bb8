import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { walkDirectory } from "../../testing/walk-directory.js";
import type { FilterOptions } from "./path-filter.js";

const tree = {
  ".ignore": "*.log\nbuild/\n!keep.log\n",
  "a.log": "",
  "a.txt": "",
  "keep.log": "",
  "build/x": "",
  "src/.ignore": "!special.log\nlocal\n",
  "src/deep/special.log": "",
  "src/deep/local": "",
  "src/deep/other.log": "",
  "src/main.ts": "",
  "src/Main.TS": "",
};

async function left(
  options: FilterOptions,
  files: Readonly<Record<string, string>> = tree,
): Promise<string[]> {
  const root = await writeTree(await scratchDirectory(), files);
  const { files: found, skipped } = await walkDirectory(root, options);
  expect(skipped).toEqual([]);
  return [...found.paths];
}

describe("which files of a directory are meant", () => {
  test("all, when nothing is said: ignore files are only read when they are named", async () => {
    expect(await left({})).toEqual(Object.keys(tree).toSorted());
  });

  test("not those that match an exclude pattern, nor what is below such a directory", async () => {
    expect(await left({ exclude: ["*.log", "/src/deep/", "build", ".ignore"] })).toEqual([
      "a.txt",
      "src/Main.TS",
      "src/main.ts",
    ]);
  });

  test("only those that match an include pattern, or lie below a directory that does", async () => {
    expect(await left({ include: ["*.ts"] })).toEqual(["src/main.ts"]);
    expect(await left({ include: ["src/deep/", "/a.*"] })).toEqual([
      "a.log",
      "a.txt",
      "src/deep/local",
      "src/deep/other.log",
      "src/deep/special.log",
    ]);
  });

  test("an exclude pattern wins over an include pattern", async () => {
    expect(await left({ include: ["*.log"], exclude: ["deep"] })).toEqual(["a.log", "keep.log"]);
  });

  test("ignore files hold below their directory, and the deepest one decides", async () => {
    expect(await left({ ignoreFiles: [".ignore"] })).toEqual([
      ".ignore",
      "a.txt",
      "keep.log",
      "src/.ignore",
      "src/Main.TS",
      "src/deep/special.log",
      "src/main.ts",
    ]);
  });

  test("several kinds of ignore files hold together", async () => {
    const files = { ".one": "a", ".two": "b", a: "", b: "", c: "" };
    expect(await left({ ignoreFiles: [".one", ".two"] }, files)).toEqual([".one", ".two", "c"]);
  });

  test("an ignore file in an ignored directory says nothing", async () => {
    const files = { ".ignore": "dir/", "dir/.ignore": "!*", "dir/x": "", y: "" };
    expect(await left({ ignoreFiles: [".ignore"] }, files)).toEqual([".ignore", "y"]);
  });

  test("an ignore file of absurd size is an error, not memory", async () => {
    const root = await scratchDirectory();
    writeFileSync(join(root, ".ignore"), Buffer.alloc(2_000_000, "x"));
    await expect(walkDirectory(root, { ignoreFiles: [".ignore"] })).rejects.toMatchObject({
      code: "SizeExceeded",
      path: ".ignore",
    });
  });
});
