// Names and contents of archives are somebody else's: whatever a terminal would obey, or show as another text, does not
// get there, and programs that read JSON get the same values.
import { Buffer } from "node:buffer";
import path from "node:path";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";

const harmful = /(?!\n)[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;
/** One of each kind; none of them is an invalid name. */
const nasty = "a\u001b\u007f\u0085\u009b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeffz";
const content = "tab\tand\u001b[31m \u009b31m \u202e\nnext\r\n";

let directory: TemporaryDirectory;
let layout = "";

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  layout = `oci:${path.join(directory.path, "layout")}:v1`;
  const source = path.join(directory.path, "source");
  await writeTree(source, {
    [nasty]: "x",
    [`${nasty}-directory/${nasty}`]: "y",
    "content.txt": content,
    "long.txt": `${"é\u202e\u001b".repeat(1_500_000)}\n`,
    "binary.bin": "a\0b",
  });
  const pushed = await runBlob(["push", "-c", "none", "--annotation", `note=${nasty}`, layout, source]);
  expect(pushed.code).toBe(0);
});
afterAll(() => directory.remove());

/** All strings in a document, and all names of fields. */
function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [key, ...stringsOf(one)]);
}

const reading: readonly (readonly string[])[] = [
  ["ls", "-R"],
  ["tree"],
  ["inspect"],
  ["diff"],
  ["status"],
  ["pull", "--overwrite"],
  ["tags"],
];

describe.each(reading)("%s", (...words) => {
  const argv = (): string[] => {
    const [name = "", ...flags] = words;
    if (name === "status" || name === "diff") return [name, layout, directory.path];
    if (name === "pull") return [name, ...flags, layout, path.join(directory.path, "pulled")];
    return [name, ...flags, name === "tags" ? layout.replace(/:v1$/u, "") : layout];
  };

  test("text has nothing that a terminal obeys", async () => {
    const { stdout, stderr } = await runBlob([...argv(), "-vv"]);
    expect(stdout).not.toBe("");
    expect(stdout + stderr).not.toMatch(harmful);
  });

  test("JSON has none of it, and says the same", async () => {
    const { stdout, stderr } = await runBlob([...argv(), "--output", "json", "--progress", "json"]);
    expect(stdout + stderr).not.toMatch(harmful);
    const strings = stringsOf(JSON.parse(stdout));
    if (words[0] === "ls" || words[0] === "tree") {
      expect(strings).toContain(nasty);
      expect(strings).toContain(`${nasty}-directory`);
    }
    if (words[0] === "inspect") expect(strings).toContain(nasty);
  });
});

test("errors in text and JSON have none of it", async () => {
  const missing = `missing-${nasty}`;
  for (const argv of [
    ["cat", layout, missing],
    ["ls", layout, missing],
    ["ls", `ghcr.io/acme/${missing}:v1`],
    ["cat", "--range", missing, layout, nasty],
    [missing],
    ["--config", missing, "ls", layout],
  ]) {
    const text = await runBlob(argv);
    expect(text.code).not.toBe(0);
    expect(text.stdout + text.stderr).not.toMatch(harmful);
    const json = await runBlob([...argv, "--output", "json"]);
    expect(json.stdout + json.stderr).not.toMatch(harmful);
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { message: expect.any(String) as string } });
  }
  const { stderr } = await runBlob(["cat", layout, missing, "--output", "json"]);
  expect(JSON.parse(stderr)).toMatchObject({ error: { path: missing } });
});

describe("cat", () => {
  test("to a terminal shows what a terminal would obey; tabs and ends of lines stay", async () => {
    const { code, stdout } = await runBlob(["cat", layout, "content.txt"], { terminal: true });
    expect(code).toBe(0);
    expect(stdout).toBe("tab\tand\\x1b[31m \\x9b31m \\u202e\nnext\r\n");
  });

  test("of a large file too, wherever its pieces end", async () => {
    const { stdout } = await runBlob(["cat", layout, "long.txt"], { terminal: true });
    expect(stdout === `${"é\\u202e\\x1b".repeat(1_500_000)}\n`).toBe(true);
  });

  test("with --force, or to anything else, writes the bytes", async () => {
    for (const [flags, terminal] of [
      [["--force"], true],
      [[], false],
    ] as const) {
      expect((await runBlob(["cat", ...flags, layout, "content.txt"], { terminal })).stdout).toBe(content);
      expect((await runBlob(["cat", ...flags, layout, "binary.bin"], { terminal })).stdout).toBe("a\0b");
    }
  });

  test("does not write binary files to a terminal, or a part of a character as one", async () => {
    expect(await runBlob(["cat", layout, "binary.bin"], { terminal: true })).toMatchObject({
      code: 2,
      stdout: "",
    });
    // The second byte of U+009B, by itself.
    const at = Buffer.from(content).indexOf("\u009b") + 1;
    const range = `${String(at)}-${String(at + 2)}`;
    const { stdout } = await runBlob(["cat", "--range", range, layout, "content.txt"], { terminal: true });
    expect(stdout).toBe("\ufffd31");
  });
});
