import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { openDestination } from "./destination.js";
import type { DirectoryAccess } from "../files/open-directory.js";

const accesses: readonly DirectoryAccess[] =
  process.platform === "linux" ? ["handles", "checked-paths"] : ["checked-paths"];
if (!accesses.includes("handles")) console.log("not tested: directories by handle, which only Linux has");

describe.each(accesses)("a destination by %s", (access) => {
  test("makes directories, and names files in them", async () => {
    const root = await scratchDirectory();
    const destination = openDestination(join(root, "new/place"), access);
    for (const path of ["", "a", "a/b/c", "a/b", "d"]) {
      const directory = destination.make(path);
      writeFileSync(directory.locate("file"), path);
      directory.release();
    }
    destination.close();
    const files = Object.entries(await readTree(join(root, "new/place"))).filter(
      ([path]) => !path.endsWith("/"),
    );
    expect(Object.fromEntries(files)).toEqual({
      file: "",
      "a/file": "a",
      "a/b/file": "a/b",
      "a/b/c/file": "a/b/c",
      "d/file": "d",
    });
  });

  test("finds what is there without making anything", async () => {
    const root = await writeTree(await scratchDirectory(), { "a/b/file": "x" });
    const destination = openDestination(root, access);
    expect(destination.find("a/b")).toBeDefined();
    expect(destination.find("a/c")).toBeUndefined();
    expect(destination.find("missing/deep")).toBeUndefined();
    expect([...destination.names()]).toEqual(["a"]);
    destination.close();
    expect(Object.keys(await readTree(root)).toSorted()).toEqual(["a/", "a/b/", "a/b/file"]);
  });

  test("keeps a directory open that is in use, whatever else is opened", async () => {
    const destination = openDestination(await scratchDirectory(), access);
    const first = destination.make("first");
    for (let index = 0; index < 200; index++) destination.make(`other/${index}`).release();
    writeFileSync(first.locate("file"), "still here");
    first.release();
    destination.close();
    expect((await readTree(destination.path))["first/file"]).toBe("still here");
  });

  test("empties itself, and is usable after that", async () => {
    const outside = await writeTree(await scratchDirectory(), { file: "precious" });
    const root = await writeTree(await scratchDirectory(), { "a/b/c/d": "", "e/f": "", g: "" });
    symlinkSync(outside, join(root, "a/b/link"));
    const destination = openDestination(root, access);
    destination.find("a/b")?.release();
    destination.empty();
    expect(readdirSync(root)).toEqual([]);
    const again = destination.make("a/b");
    writeFileSync(again.locate("new"), "");
    again.release();
    destination.close();
    expect(Object.keys(await readTree(root)).toSorted()).toEqual(["a/", "a/b/", "a/b/new"]);
    expect(await readTree(outside)).toEqual({ file: "precious" });
  });

  test("empties itself of more levels than a stack or a table of handles has", async () => {
    if (access !== "handles") {
      console.log("not tested by path: what is longer than any path can be");
      return;
    }
    const root = await scratchDirectory();
    const destination = openDestination(root, access);
    const levels = 12_000;
    for (let depth = 1000; depth <= levels; depth += 1000) {
      const directory = destination.make(Array(depth).fill("d").join("/"));
      if (depth === levels) writeFileSync(directory.locate("file"), "x");
      directory.release();
    }
    const tree = { kindOf: () => undefined, otherSpelling: () => undefined };
    expect(destination.prune(tree, { dryRun: true })).toEqual([`${"d/".repeat(levels)}file`]);
    expect(destination.prune(tree, { dryRun: false })).toHaveLength(1);
    destination.close();
    expect(readdirSync(root)).toEqual([]);
  });

  test("follows a link that leads to it, which is the caller's", async () => {
    const root = await scratchDirectory();
    const real = await scratchDirectory();
    symlinkSync(real, join(root, "link"));
    const destination = openDestination(join(root, "link"), access);
    writeFileSync(destination.make("a").locate("file"), "x");
    destination.close();
    expect(await readTree(real)).toEqual({ "a/": "", "a/file": "x" });
  });
});
