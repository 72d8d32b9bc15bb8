import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryArchive } from "../testing/memory-archive.js";
import { runBlob } from "../testing/run-blob.js";
import { walkEntries } from "../walk-entries.js";
import { lineText } from "../output/line.js";
import { treeLines } from "./tree/tree.js";

describe("20,000 levels", () => {
  const levels = 20_000;
  const archive = memoryArchive({ [`${"d/".repeat(levels)}file`]: "", other: "" });

  test("are walked, each directory before what is in it", () => {
    let depths = 0;
    let isInOrder = true;
    for (const { name, depth } of walkEntries(archive, "")) {
      if (name === "other") continue;
      isInOrder &&= depth === depths;
      depths += 1;
    }
    expect([isInOrder, depths]).toEqual([true, levels + 1]);
  });

  test("are drawn as a tree", () => {
    const count = { directories: 0, files: 0 };
    let lines = 0;
    for (const line of treeLines(archive, "", {}, count)) {
      lines += 1;
      if (lines === 3) expect(lineText(line, false)).toBe("│       └── d/");
    }
    expect([lines, count]).toEqual([levels + 2, { directories: levels, files: 2 }]);
  });
});

describe("130,000 files in one directory", () => {
  const count = 130_000;
  let directory: TemporaryDirectory;
  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    const many = path.join(directory.path, "tree/many");
    mkdirSync(many, { recursive: true });
    for (let at = 0; at < count; at += 1) writeFileSync(path.join(many, `${String(at)}.txt`), "");
  }, 300_000);
  afterAll(() => directory.remove());

  test(
    "are created, listed, drawn, pulled, left alone, copied and synced",
    { timeout: 600_000 },
    async () => {
      const archive = path.join(directory.path, "archive");
      const out = path.join(directory.path, "out");
      const run = async (...argv: readonly string[]): Promise<string> => {
        const { code, stdout, stderr } = await runBlob(["--progress", "none", ...argv]);
        expect([argv, code, stderr.slice(0, 1000)]).toEqual([argv, 0, ""]);
        return stdout;
      };
      await run("create", path.join(directory.path, "tree"), archive);
      const reference = `file:${archive}`;
      expect((await run("ls", "-l", reference, "many")).split("\n")).toHaveLength(count + 1);
      expect((await run("ls", "-R", reference)).split("\n")).toHaveLength(count + 2);
      const listed = JSON.parse(await run("--output", "json", "ls", reference, "many")) as {
        entries: unknown[];
      };
      expect(listed.entries).toHaveLength(count);
      expect(await run("tree", reference)).toContain(`1 directory, ${String(count)} files`);
      const drawn = JSON.parse(await run("--output", "json", "tree", reference)) as { file_count: number };
      expect(drawn.file_count).toBe(count);
      await run("pull", reference, out);
      expect(readdirSync(path.join(out, "many"))).toHaveLength(count);
      expect(await run("pull", reference, out)).toContain(String(count));
      await run("cp", "-r", `${reference}:/many`, out);
      expect(await run("pull", "--sync", "--delete", "--quick", reference, out)).toContain(
        `Unchanged: ${String(count)}`,
      );
    },
  );
});
