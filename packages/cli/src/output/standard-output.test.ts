import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { Writable } from "node:stream";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { commandTable } from "../command-line.js";
import { createFileOutput } from "./file-output.js";
import { runBlob } from "../testing/run-blob.js";

const hasFull = existsSync("/dev/full");
if (!hasFull) console.info("there is no /dev/full: full disks are not tried");

let directory: TemporaryDirectory;
const inside = (...names: readonly string[]): string => path.join(directory.path, ...names);

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  await writeTree(inside("site"), {
    "a.txt": "a\n",
    "css/b.css": "b\n",
    "large.bin": Buffer.alloc(9_000_000),
  });
  await writeTree(inside("other"), { "a.txt": "another\n" });
  await mkdir(inside("home"));
  expect((await runBlob(["push", `oci:${inside("layout")}:v1`, inside("site")])).code).toBe(0);
  expect((await runBlob(["create", inside("site"), inside("archive")])).code).toBe(0);
  const tar = ["export", `file:${inside("archive")}`, "-o", inside("given.tar")];
  expect((await runBlob(tar)).code).toBe(0);
});
afterAll(() => directory.remove());

/** Every command that writes a result and needs no server; `W` stands for the directory, `REF` for a layout's tag. */
const writing: Readonly<Record<string, readonly string[]>> = {
  push: ["push oci:W/pushed:v1 W/site", "push --dry-run oci:W/pushed:v2 W/site"],
  pull: ["pull --overwrite REF W/pulled", "pull --sync REF W/synced"],
  create: ["create W/site W/created"],
  export: ["export REF -o W/site.tar", "export --format tar REF -o -", "export --image REF oci:W/image:v1"],
  import: ["import W/given.tar oci:W/imported:v1"],
  cp: ["cp --overwrite REF:/a.txt W/copied"],
  cat: ["cat REF a.txt", "cat REF large.bin", "cat --range 0-1 REF a.txt"],
  ls: ["ls REF", "ls -lR REF"],
  tree: ["tree REF"],
  inspect: ["inspect REF"],
  diff: ["diff REF W/other", "diff --name-only REF W/other"],
  status: ["status REF W/other", "status REF W/site"],
  tag: ["tag REF oci:W/layout:v2"],
  tags: ["tags REF"],
  resolve: ["resolve REF"],
  keygen: ["keygen --no-password --force W/key"],
  copy: ["copy REF oci:W/copy:v1"],
  auth: ["auth status ghcr.io"],
  doctor: ["doctor REF"],
  alias: ["alias set one REF", "alias list"],
  config: [
    "config show",
    "config path",
    "config get compression",
    "config set compression zstd",
    "config check REF",
  ],
  cache: ["cache status", "cache path", "cache prune", "cache verify", "cache clear --force"],
  completion: ["completion bash", "completion zsh", "completion fish"],
  complete: ["complete -- l"],
  version: ["version"],
  serve: ["serve --port 0 REF"],
  registry: ["registry serve --port 0 --dir W/served"],
};

/** They draw on a terminal, sign, or need a registry, or something new each time: they write as all others do. */
const elsewhere = ["open", "delete", "sign", "attest", "verify", "verify-bundle", "login", "logout"];

test("every command is in the table, or said to be tried elsewhere", () => {
  expect([...Object.keys(writing), ...elsewhere].toSorted()).toEqual(
    commandTable.map(({ name }) => name).toSorted(),
  );
});

describe.skipIf(!hasFull)("a full disk", () => {
  const lines = [...Object.values(writing).flat(), "--help", "help ls", "ls --help", "--version"];
  const withJson = /^(?:cat|complete|completion|export --format|--|help)\b|--help/u;
  const all = lines.flatMap((line) => (withJson.test(line) ? [line] : [line, `${line} --output json`]));

  test.each(all)("blob %s: exit code 1 and one error", async (line) => {
    const full = openSync("/dev/full", "w");
    onTestFinished(() => closeSync(full));
    const argv = line
      .replaceAll("REF", `oci:${inside("layout")}:v1`)
      .split(" ")
      .map((word) => word.replace(/(?<=^|:)W(?=\/)/u, directory.path));
    const { code, stderr } = await runBlob(argv, {
      homeDirectory: inside("home"),
      stdout: createFileOutput(full),
    });
    expect(code).toBe(1);
    if (line.endsWith("json")) expect(JSON.parse(stderr)).toMatchObject({ error: { code: "Output" } });
    else {
      expect(stderr).toMatch(/^error\[Output\]: standard output cannot be written: ENOSPC: .*\nhint: .*\n$/u);
    }
  });
});

test("a reader that left is no error, whatever is written", async () => {
  const left = Object.assign(new Error("broken pipe"), { code: "EPIPE" });
  for (const argv of [
    ["ls", `oci:${inside("layout")}:v1`],
    ["cat", `oci:${inside("layout")}:v1`, "large.bin"],
    ["ls", "--help"],
  ]) {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(left) });
    expect(await runBlob(argv, { stdout })).toMatchObject({ code: 0, stderr: "" });
  }
});

test("an error of the very last write counts, however late it comes", async () => {
  let written = 0;
  const stdout = new Writable({
    highWaterMark: 1_000_000,
    write(chunk: Buffer, _encoding, done) {
      written += chunk.length;
      setImmediate(() => done(Object.assign(new Error("quota"), { code: "EDQUOT" })));
    },
  });
  const { code, stderr } = await runBlob(["ls", `oci:${inside("layout")}:v1`], { stdout });
  expect(written).toBeGreaterThan(0);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("quota") as string });
});

// What lies beyond the last write that fits is what Node's own stream for files loses without a word.
const canMount = process.getuid?.() === 0 && spawnSync("mount", ["--version"]).status === 0;
if (!canMount)
  console.info("only root can mount: a disk that fills up in the middle of a write is not tried");

test.skipIf(!canMount)("a write of which only a part finds room is an error", async () => {
  const disk = inside("disk");
  await mkdir(disk);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]).status !== 0) {
    console.info("this machine does not mount: a disk that fills up in the middle of a write is not tried");
    return;
  }
  try {
    const file = openSync(path.join(disk, "file"), "w");
    const stdout = createFileOutput(file);
    const argv = ["cat", `file:${inside("archive")}`, "large.bin"];
    const { code, stderr } = await runBlob(argv, { stdout });
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error\[Output\]/u) as string,
    });
    closeSync(file);
    expect(readFileSync(path.join(disk, "file")).length).toBeLessThanOrEqual(1_048_576);
  } finally {
    spawnSync("umount", [disk]);
  }
});
