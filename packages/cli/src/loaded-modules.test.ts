import { spawnSync } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command, isBuilt } from "./testing/command.js";
import { runBlob } from "./testing/run-blob.js";

const recorder = new URL("./testing/record-modules.mjs", import.meta.url).href;
if (!isBuilt) console.info("the command is not built (`pnpm build`): tests of what it loads are skipped");

let directory: TemporaryDirectory;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  const site = path.join(directory.path, "site");
  await writeTree(site, { "a.txt": "a\n" });
  await runBlob(["create", site, path.join(directory.path, "archive")]);
  await runBlob(["push", `oci:${path.join(directory.path, "layout")}:v1`, site]);
});
afterAll(() => directory.remove());

interface Loaded {
  /** Packages, ours and others', by name. */
  readonly packages: ReadonlySet<string>;
  /** Modules of the command itself, as in `commands/ls/ls.js`. */
  readonly modules: ReadonlySet<string>;
}

async function loadedBy(argv: readonly string[]): Promise<Loaded> {
  const file = path.join(directory.path, "modules");
  await rm(file, { force: true });
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--disable-warning=DEP0205", "--import", recorder, command, ...argv],
    {
      cwd: directory.path,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: directory.path, MODULES_FILE: file },
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const urls = (await readFile(file, "utf8")).trim().split("\n");
  const found = (pattern: RegExp): Set<string> =>
    new Set(urls.flatMap((url) => pattern.exec(url)?.[1] ?? []));
  const ours = [...found(/\/(?:packages|@blob)\/([a-z-]+)\/dist\//u)].map((name) => `@blob/${name}`);
  return {
    packages: new Set([...ours, ...found(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//u)]),
    modules: found(/\/(?:packages|@blob)\/cli\/dist\/(.*)$/u),
  };
}

describe.skipIf(!isBuilt)("what a run loads", () => {
  test("--version: neither a parser of arguments nor anything else", async () => {
    const { packages, modules } = await loadedBy(["--version"]);
    expect([...packages]).toEqual(["@blob/cli"]);
    expect([...modules]).toEqual(["version.js"]);
  });

  test.each([
    ["--help", []],
    ["version", []],
    ["config path", []],
    ["alias list", []],
    ["create site out", ["@blob/format"]],
    ["ls file:archive", ["@blob/format"]],
    ["cat file:archive a.txt", ["@blob/format"]],
    ["tree file:archive", ["@blob/format"]],
    // A verb of the client, which looks for what refers to an archive in a registry.
    ["inspect file:archive", ["@blob/auth", "@blob/cache", "@blob/client", "@blob/format", "@blob/registry"]],
  ])("blob %s: of this project only the command, the ground floor and %j", async (line, wanted) => {
    const { packages } = await loadedBy(line.split(" "));
    expect([...packages].filter((name) => name.startsWith("@blob/")).toSorted()).toEqual(
      ["@blob/cli", "@blob/core", ...wanted].toSorted(),
    );
  });

  test.each([
    "--help",
    "create site out2",
    "ls file:archive",
    "cat oci:layout:v1 a.txt",
    "ls oci:layout:v1",
    "push oci:layout:v2 site",
    "pull oci:layout:v1 pulled",
    "inspect oci:layout:v1",
    "inspect file:archive",
    "tag oci:layout:v1 oci:layout:v3",
    "complete -- cat oci:layout:v1 a",
  ])("blob %s: no HTTP, no signatures, no full-screen browser, no YAML", async (line) => {
    const { packages, modules } = await loadedBy(line.split(" "));
    const unwanted = [...packages, ...modules].filter((name) =>
      /^(?:undici|sigstore|@sigstore\/.*|@blob\/sigstore-policy|open\/.*|string-width|yaml)$/u.test(name),
    );
    expect(unwanted).toEqual([]);
  });

  test("a run declares its own command and no other", async () => {
    const { modules } = await loadedBy(["ls", "file:archive"]);
    expect([...modules].filter((name) => name.startsWith("commands/")).toSorted()).toEqual([
      "commands/ls/ls.command.js",
      "commands/ls/ls.js",
    ]);
  });
});
