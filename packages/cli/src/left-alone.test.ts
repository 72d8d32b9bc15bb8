import path from "node:path";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";

let directory: TemporaryDirectory;
let reference = "";
const inside = (...names: readonly string[]): string => path.join(directory.path, ...names);
const files = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`d/${String(at)}.txt`, "text"]));

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  reference = `oci:${inside("layout")}:v1`;
  await writeTree(inside("site"), files);
  await runBlob(["push", reference, inside("site")]);
});
afterAll(() => directory.remove());

describe.each([
  ["pull", (to: string) => ["pull", reference, to]],
  ["cp", (to: string) => ["cp", `${reference}:/`, to]],
])("what blob %s left alone", (name, argvOf) => {
  test("is one line with the count and what to do; the names are for -v", async () => {
    const argv = argvOf(inside(name));
    expect(await runBlob(argv)).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining("Left alone") as string,
    });
    const again = await runBlob(argv);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    const lines = again.stdout.split("\n").filter((line) => line.includes("Left alone"));
    expect(lines).toEqual([expect.stringMatching(/^Left alone: 30 .*--overwrite.*--sync/u)]);
    expect(again.stdout).not.toContain(".txt");
    const named = await runBlob([...argv, "-v"]);
    expect(named.stderr.match(/^exists already, left alone: d\/\d+\.txt$/gmu)).toHaveLength(30);
  });

  test("is said beside JSON, is an error with --strict, and nothing with --overwrite", async () => {
    const argv = argvOf(inside(name));
    const json = await runBlob([...argv, "--output", "json"]);
    expect(json.code).toBe(0);
    expect(json.stderr).toMatch(/^Left alone: 30 .*\n$/u);
    expect(JSON.parse(json.stdout)).toMatchObject({ file_count: 0 });
    const strict = await runBlob([...argv, "--strict"]);
    expect(strict.code).toBe(6);
    expect(strict.stderr.split("\n")).toHaveLength(3);
    const overwritten = await runBlob([...argv, "--overwrite"]);
    expect(overwritten).toMatchObject({ code: 0, stdout: expect.stringMatching(/30 files/u) as string });
    expect(overwritten.stdout).not.toContain("Left alone");
  });
});
