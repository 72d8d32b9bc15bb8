import { execFileSync } from "node:child_process";
import { readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { walkDirectory } from "../../testing/walk-directory.js";
import { nameOf } from "./found-files.js";

describe("walkDirectory", () => {
  test("lists files in the order of the bytes of their full paths, not level by level", async () => {
    const root = await writeTree(await scratchDirectory(), {
      "a/b": "1",
      "a-b": "22",
      "a.txt": "333",
      "a/c/d": "",
      // U+FB01 sorts after U+1F600 in UTF-16 and before it in UTF-8.
      "\u{1F600}": "",
      "\uFB01": "",
      é: "",
    });
    const { files, size } = await walkDirectory(root);
    expect(files.paths).toEqual(["a-b", "a.txt", "a/b", "a/c/d", "é", "\uFB01", "\u{1F600}"]);
    expect(size).toBe(6);
  });

  test("sorts any names as Buffer.compare does", async () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 8 })
      .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== "..");
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { maxLength: 12 }), async (names) => {
        const root = await scratchDirectory();
        for (const file of names) writeFileSync(join(root, file), "");
        const { files } = await walkDirectory(root);
        const sorted = readdirSync(root).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(files.paths).toEqual(sorted);
      }),
      { numRuns: 40 },
    );
  });

  test("reports links and special files instead of leaving them out silently", async () => {
    const root = await writeTree(await scratchDirectory(), { file: "x" });
    symlinkSync("file", join(root, "link"));
    symlinkSync("/etc", join(root, "out"));
    execFileSync("mkfifo", [join(root, "pipe")]);
    const { files, skipped } = await walkDirectory(root);
    expect(files.paths).toEqual(["file"]);
    expect(skipped).toEqual([
      { path: "link", reason: "symbolic-link" },
      { path: "out", reason: "symbolic-link" },
      { path: "pipe", reason: "special-file" },
    ]);
  });

  test.runIf(process.platform === "linux")(
    "reports names that are not UTF-8, and keeps a real U+FFFD",
    async () => {
      const root = await writeTree(await scratchDirectory(), { "real\uFFFD": "1", "plain\uFFFD": "2" });
      renameSync(
        join(root, "plain\uFFFD"),
        Buffer.concat([Buffer.from(`${root}/latin`), Buffer.from([0xe9])]),
      );
      const { files, skipped } = await walkDirectory(root);
      expect(files.paths).toEqual(["real\uFFFD"]);
      expect(skipped).toEqual([{ path: "latin\uFFFD", reason: "name-not-utf8" }]);
    },
  );

  test("refuses links when they are errors", async () => {
    const root = await writeTree(await scratchDirectory(), { "sub/file": "x" });
    symlinkSync("file", join(root, "sub/link"));
    await expect(walkDirectory(root, { symlinks: "error" })).rejects.toMatchObject({
      code: "InvalidArgument",
      path: "sub/link",
    });
  });

  test("follows links that stay inside, and reports those that do not, loop or lead nowhere", async () => {
    const outside = await writeTree(await scratchDirectory(), { secret: "s" });
    const root = await writeTree(await scratchDirectory(), {
      "real/file": "content",
      "real/deep/file": "more",
    });
    symlinkSync("real/file", join(root, "to-file"));
    symlinkSync("real", join(root, "to-directory"));
    symlinkSync("..", join(root, "real/deep/up"));
    symlinkSync(outside, join(root, "to-outside"));
    symlinkSync(join(outside, "secret"), join(root, "to-secret"));
    symlinkSync("missing", join(root, "to-nothing"));
    const { files, skipped } = await walkDirectory(root, { symlinks: "follow" });
    expect(
      files.paths.map((path, row) => [path, `${files.directories[row]?.source}${nameOf(files, row)}`]),
    ).toEqual([
      ["real/deep/file", "real/deep/file"],
      ["real/file", "real/file"],
      ["to-directory/deep/file", "real/deep/file"],
      ["to-directory/file", "real/file"],
      ["to-file", "real/file"],
    ]);
    expect(skipped).toEqual([
      { path: "real/deep/up", reason: "link-loop" },
      { path: "to-directory/deep/up", reason: "link-loop" },
      { path: "to-nothing", reason: "link-broken" },
      { path: "to-outside", reason: "link-outside" },
      { path: "to-secret", reason: "link-outside" },
    ]);
  });

  test("ends when two directories link to each other", async () => {
    const root = await writeTree(await scratchDirectory(), { "a/x": "", "b/y": "" });
    symlinkSync("../b", join(root, "a/b"));
    symlinkSync("../a", join(root, "b/a"));
    const { files, skipped } = await walkDirectory(root, { symlinks: "follow" });
    expect(files.paths).toEqual(["a/b/y", "a/x", "b/a/x", "b/y"]);
    expect(skipped.map(({ path }) => path)).toEqual(["a/b/a", "b/a/b"]);
  });

  test("stops at the limit of files", async () => {
    const root = await writeTree(await scratchDirectory(), { a: "", b: "", "c/d": "" });
    await expect(walkDirectory(root, { maxFiles: 2 })).rejects.toMatchObject({ code: "TooManyFiles" });
    expect((await walkDirectory(root, { maxFiles: 3 })).files.paths).toHaveLength(3);
  });

  test("names a directory that does not exist", async () => {
    const missing = join(await scratchDirectory(), "missing");
    await expect(walkDirectory(missing)).rejects.toMatchObject({ code: "FileSystem", path: missing });
  });

  test("throws the signal's reason", async () => {
    const root = await scratchDirectory();
    for (let index = 0; index < 2000; index++) writeFileSync(join(root, `${index}`), "");
    const reason = new Error("enough");
    const abort = new AbortController();
    const walking = walkDirectory(root, { signal: abort.signal, onFound: () => abort.abort(reason) });
    await expect(walking).rejects.toBe(reason);
  });
});
