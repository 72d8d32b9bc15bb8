import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandTable, createProgram } from "../command-line.js";
import { runBlob } from "../testing/run-blob.js";
import { argumentKinds } from "./word-kind.js";

let directory: TemporaryDirectory;
let registry: TestRegistry;
let home = "";
let reference = "";

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  home = path.join(directory.path, "home");
  const site = path.join(directory.path, "site");
  await writeTree(site, {
    "css/site.css": "",
    "css/img/a.png": "",
    "my dir/a b": "",
    "-rf": "",
    "esc\u001b[2J": "",
    "line\nbreak": "",
    "right\u202eleft": "",
    "$(touch x)": "",
  });
  registry = await startTestRegistry();
  reference = `${registry.host}/acme/site:v1`;
  await mkdir(path.join(home, ".config/blob"), { recursive: true });
  await writeFile(
    path.join(home, ".config/blob/config.yaml"),
    `plain_http: true\naliases: {site: "${reference}", other: ghcr.io/acme/other}\n`,
  );
  expect((await run("push", reference, site)).code).toBe(0);
  expect((await run("ls", reference)).code).toBe(0);
});

afterAll(async () => {
  await registry.close();
  await directory.remove();
});

const run = (...argv: readonly string[]): ReturnType<typeof runBlob> =>
  runBlob(argv, { homeDirectory: home });

/** The values that complete the last word. */
async function completed(...words: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await run("complete", "--", ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : [line.split("\t", 1)[0] ?? ""]));
}

describe("commands and flags", () => {
  test("commands with their summaries, without the hidden one", async () => {
    expect((await run("complete", "--", "ca")).stdout).toBe(
      "cache\twhat is kept of archives that were read\ncat\twrite files of an archive to standard output\n",
    );
    expect(await completed("comp")).toEqual(["completion"]);
    expect(await completed("--output", "json", "--plain-http", "insp")).toEqual(["inspect"]);
    expect(await completed("help", "versi")).toEqual(["version"]);
    expect(await completed("help", "fl")).toEqual(["flags"]);
    expect(await completed("help", "cache", "c")).toEqual(["clear"]);
    expect(await completed("help", "cache", "clear", "")).toEqual([]);
  });

  test("with the word at the cursor in a flag, for shells that drop empty words", async () => {
    const lines = async (...argv: readonly string[]): Promise<readonly string[]> =>
      (await run("complete", ...argv)).stdout.split("\n").map((line) => line.split("\t", 1)[0] ?? "");
    expect(await lines("--word=", "--", "alias")).toEqual(["help", "list", "remove", "set", ""]);
    expect(await lines("--word=--so", "--", "ls")).toEqual(["--sort", ""]);
  });

  test("where large files are cut", async () => {
    for (const command of ["push", "create", "import"])
      expect(await completed(command, "--chunking", "")).toEqual(["content", "fixed", "none"]);
  });

  test("sub-commands", async () => {
    expect(await completed("alias", "")).toEqual(["help", "list", "remove", "set"]);
    expect(await completed("registry", "serve", "--d")).toEqual(["--debug", "--dir"]);
  });

  test.each([
    [["ls", "--so"], ["--sort"]],
    [["ls", "--sort", "s"], ["size"]],
    [["ls", "--sort=n"], ["--sort=name"]],
    [
      ["ls", "--output", ""],
      ["json", "text"],
    ],
    [["push", "-c", "z"], ["zstd"]],
    [["--progress", "p"], ["plain"]],
    [
      ["completion", ""],
      ["bash", "fish", "powershell", "zsh"],
    ],
    [["ls", "--no-plain"], []],
    [["ls", "--", "--so"], []],
    [["nonsense", "x"], []],
  ])("%j", async (words, expected) => {
    expect(await completed(...words)).toEqual(expected);
  });
});

describe("aliases and paths", () => {
  test("aliases, where a reference or an alias is wanted", async () => {
    expect(await completed("ls", "")).toEqual(["other", "site"]);
    expect(await completed("alias", "remove", "o")).toEqual(["other"]);
    expect(await completed("cp", "si")).toEqual(["site:/"]);
  });

  test.each([
    [
      ["cat", "site", "css/"],
      ["css/img/", "css/site.css"],
    ],
    [["cat", "site", "css/site.css", "css/i"], ["css/img/"]],
    [["ls", "site:v1", "/cs"], ["/css/"]],
    [["pull", "--prefix", "cs", "sit"], ["site"]],
    [["pull", "site", "--prefix", "cs"], ["css/"]],
    [["cp", "site:/css/s"], ["site:/css/site.css"]],
    [["cp", ":/css"], []],
    [["cp", "file:/"], []],
    [["tree", "site", "nowhere/"], []],
    [["tree", "site", "../"], []],
  ])("%j, from the caches alone", async (words, expected) => {
    const seen = registry.requests.length;
    expect(await completed(...words)).toEqual(expected);
    expect(registry.requests.slice(seen)).toEqual([]);
  });

  test("tags, of the registry, of a layout and by an alias", async () => {
    await run("tag", reference, `${registry.host}/acme/site:v2`);
    const repository = `${registry.host}/acme/site`;
    expect(await completed("ls", `${repository}:`)).toEqual([`${repository}:v1`, `${repository}:v2`]);
    expect(await completed("diff", reference, `${repository}:v2`)).toEqual([`${repository}:v2`]);
    expect(await completed("ls", "site:")).toEqual(["site:v1", "site:v2"]);
    const layout = `oci:${path.join(directory.path, "layout")}`;
    await run("copy", reference, `${layout}:old`);
    expect(await completed("ls", `${layout}:`)).toEqual([`${layout}:old`]);
    expect(await completed("ls", `${registry.host}/acme/none:`)).toEqual([]);
  });

  test("asking for tags gives nobody the credentials of the environment, and no port is a tag", async () => {
    const seen = registry.requests.length;
    const env = { BLOB_TOKEN: "secret" };
    const words = ["complete", "--", "ls"];
    await runBlob([...words, `${registry.host}/acme/site:`], { homeDirectory: home, env });
    await runBlob([...words, registry.host], { homeDirectory: home, env });
    const asked = registry.requests.slice(seen);
    expect(asked.map(({ path: where }) => where.replace(/\?.*$/u, ""))).toEqual(["/v2/acme/site/tags/list"]);
    expect(asked.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test("names that a terminal would obey, or that would be flags, are left out", async () => {
    expect(await completed("cat", "site", "")).toEqual(["$(touch x)", "css/", "my dir/"]);
    expect(await completed("cat", "site", "/-")).toEqual(["/-rf"]);
  });

  test("what is in no cache has no paths, and nobody is asked for it", async () => {
    const cold = path.join(directory.path, "cold");
    const seen = registry.requests.length;
    const ran = await runBlob(["complete", "-v", "--", "cat", reference, ""], { homeDirectory: cold });
    expect(ran).toMatchObject({ code: 0, stdout: "" });
    expect(ran.stderr).toContain("the client is offline");
    expect(registry.requests.slice(seen)).toEqual([]);
  });

  test("a configuration that is broken says nothing into the line, and commands are there all the same", async () => {
    const broken = path.join(directory.path, "broken.yaml");
    await writeFile(broken, "nonsense: [\n");
    expect(await completed("--config", broken, "versi")).toEqual(["version"]);
    expect(await completed(`--config=${broken}`, "ls", "")).toEqual([]);
  });

  test("an archive that a policy is about shows no names", async () => {
    const config = path.join(directory.path, "policies.yaml");
    await writeFile(
      config,
      `policies: [{match: "/acme/site:v1$", policy: {signature: {key: {path: release.pub}}}}]\n`,
    );
    expect(await completed("--config", config, "cat", reference, "")).toEqual([]);
    expect(await completed("--config", config, "cat", `${reference}@${await digest()}`, "css")).toEqual([
      "css/",
    ]);
  });

  async function digest(): Promise<string> {
    return /sha256:[0-9a-f]{64}/u.exec((await run("inspect", reference)).stdout)?.[0] ?? "";
  }

  test("of very many names as many as a shell can take, with the same beginning", async () => {
    const many = path.join(directory.path, "many");
    await writeTree(
      many,
      Object.fromEntries(Array.from({ length: 2500 }, (_, at) => [`f${String(10_000 + at * 4)}`, ""])),
    );
    await run("create", many, path.join(directory.path, "archive"));
    const found = await completed("cat", `file:${path.join(directory.path, "archive")}`, "f");
    expect(found).toHaveLength(2000);
    expect([found[0], found.at(-1)]).toEqual(["f10000", "f19996"]);
  });
});

test("every argument of every command has a kind, so that a new one is not forgotten", async () => {
  const names = new Set<string>();
  const io = { stdout: process.stdout, stderr: process.stderr } as never;
  for (const { name } of commandTable) {
    const { program } = await createProgram([name], io, () => Promise.resolve());
    const command = program.commands.find((one) => one.name() === name);
    for (const one of command === undefined ? [] : [command, ...command.commands]) {
      for (const argument of one.registeredArguments) {
        if (argument.argChoices === undefined) names.add(argument.name());
      }
    }
  }
  expect([...names].toSorted()).toEqual(Object.keys(argumentKinds).toSorted());
});
