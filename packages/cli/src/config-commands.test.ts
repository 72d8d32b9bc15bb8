import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { openLocalArchive } from "@blob/format/node";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ran, RunOptions } from "./testing/run-blob.js";
import { runBlob } from "./testing/run-blob.js";

let home: TemporaryDirectory;
let file = "";

beforeEach(async () => {
  home = await createTemporaryDirectory();
  file = path.join(home.path, ".config", "blob", "config.yaml");
  await writeTree(path.join(home.path, "site"), {
    "index.html": "<h1>hello</h1>",
    "css/site.css": "body {}",
  });
});
afterEach(() => home.remove());

function blob(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return runBlob(argv, { homeDirectory: home.path, ...options });
}

async function configure(text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}

test("an alias is set, listed, used by every command, and removed; comments stay", async () => {
  await configure("# my settings\noutput: text # for people\n");
  const layout = `oci:${path.join(home.path, "layout")}`;
  expect(await blob(["alias", "set", "site", `${layout}:v1`])).toMatchObject({ code: 0 });
  expect((await blob(["alias", "list"])).stdout).toBe(`site  ${layout}:v1\n`);
  expect(await readFile(file, "utf8")).toBe(
    `# my settings\noutput: text # for people\naliases:\n  site: ${layout}:v1\n`,
  );
  expect(await blob(["push", "site", path.join(home.path, "site")])).toMatchObject({ code: 0 });
  expect((await blob(["cat", "site", "index.html"])).stdout).toBe("<h1>hello</h1>");
  expect(await blob(["tag", "site", "site:v2"])).toMatchObject({ code: 0 });
  expect((await blob(["ls", "site:v2"])).stdout).toBe("css/\nindex.html\n");
  expect((await blob(["tree", "site:v2"])).code).toBe(0);
  expect(await blob(["cp", "site:v2:/css", path.join(home.path, "out")])).toMatchObject({ code: 0 });
  expect((await blob(["inspect", "site:v2", "--output", "json"])).stdout).toContain(`"${layout}:v2@sha256:`);
  expect(await blob(["pull", "site", path.join(home.path, "pulled")])).toMatchObject({ code: 0 });
  expect(await blob(["alias", "remove", "sit"])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("hint: did you mean site?") as string,
  });
  expect(await blob(["alias", "remove", "site"])).toMatchObject({ code: 0 });
  expect((await blob(["alias", "list"])).stdout).toBe("");
});

test("flag, environment, file and default win in this order, and `config show` says which did", async () => {
  await configure("output: json\ncompression: none\n");
  const shown = async (argv: string[], env = {}): Promise<unknown> =>
    (JSON.parse((await blob(["config", "get", "output", ...argv], { env })).stdout) as { source: unknown })
      .source;
  expect(await shown([])).toBe(file);
  expect(await shown([], { BLOB_OUTPUT: "json" })).toBe("BLOB_OUTPUT");
  expect(await shown(["--output", "json"], { BLOB_OUTPUT: "text" })).toBe("--output");
  const { stdout } = await blob(["config", "show", "--output", "text"]);
  expect(stdout).toMatch(/^output: text +# --output$/mu);
  expect(stdout).toMatch(/^compression: none +# .*config\.yaml$/mu);
  expect(stdout).toMatch(/^plain_http: false +# default$/mu);
  const out = path.join(home.path, "archive");
  await blob(["create", path.join(home.path, "site"), out]);
  expect((await blob(["inspect", `file:${out}`])).stdout).toContain('"compression": "none"');
});

test("how large files are cut is said by a flag, else by the file, and no other word is taken", async () => {
  // Above 4 MiB.
  const lines = Array.from({ length: 300_000 }, (_, index) => `${String(index * 7919)} a line of a log\n`);
  await writeFile(path.join(home.path, "site", "large.log"), lines.join(""));
  const boundaries = async (...flags: readonly string[]): Promise<unknown> => {
    const out = path.join(home.path, "archive");
    expect(await blob(["create", path.join(home.path, "site"), out, ...flags])).toMatchObject({ code: 0 });
    await using archive = await openLocalArchive(out);
    return archive.chunks("large.log")?.boundaries;
  };
  expect(await boundaries()).toBe("fixed");
  expect(await boundaries("--chunking", "content")).toBe("content");
  await configure("chunking: content\n");
  expect(await boundaries()).toBe("content");
  expect(await boundaries("--chunking=none")).toBeUndefined();
  expect((await blob(["config", "show"])).stdout).toMatch(/^chunking: content +# .*config\.yaml$/mu);
  const wrong = await blob(["create", path.join(home.path, "site"), "out", "--chunking", "rabin"]);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("fixed, content, none") as string });
  await configure("chunking: rabin\n");
  expect(await blob(["ls", "site"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("chunking has to be fixed or content or none") as string,
  });
});

test("a broken file is an error of every command that needs it, and can be mended", async () => {
  await configure("output: text\noutptu: json\n");
  const broken = {
    code: 2,
    stdout: "",
    stderr: expect.stringContaining(`${file}:2: unknown key outptu`) as string,
  };
  expect(await blob(["ls", "ghcr.io/acme/site:v1"])).toMatchObject(broken);
  expect(await blob(["config", "show"])).toMatchObject(broken);
  // What would be lost with the broken part is not overwritten.
  expect(await blob(["config", "set", "output", "json"])).toMatchObject(broken);
  expect((await blob(["config", "path"])).stdout).toBe(`${file}\n`);
  expect((await blob(["version"])).code).toBe(0);
});

test("a file that was named has to be there", async () => {
  for (const options of [{ env: { BLOB_CONFIG: "/nowhere/c.yaml" } }, {}]) {
    const flags = "env" in options ? [] : ["--config", "/nowhere/c.yaml"];
    expect(await blob(["alias", "list", ...flags], options)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("/nowhere/c.yaml: there is no such file") as string,
    });
  }
});

test("`config set` takes what belongs there", async () => {
  expect(await blob(["config", "set", "cache.max_size", "2GiB"])).toMatchObject({ code: 0 });
  expect((await blob(["config", "get", "cache.max_size"])).stdout).toBe(`${String(2 * 2 ** 30)}\n`);
  expect(await blob(["config", "set", "cache.max_size", "lots"])).toMatchObject({ code: 2 });
  expect(await blob(["config", "set", "cache.size", "1"])).toMatchObject({ code: 2 });
  expect(await blob(["config", "set", "aliases", "x"])).toMatchObject({ code: 2 });
  expect(await readFile(file, "utf8")).toBe("cache:\n  max_size: 2GiB\n");
});

test("an editor changes the file, unless what it leaves cannot be read", async () => {
  await configure("output: text\n");
  const editor = path.join(home.path, "editor");
  await writeFile(editor, '#!/bin/sh\nprintf "%s\\n" "$1" > "$2"\n');
  await chmod(editor, 0o755);
  const env = (text: string): RunOptions => ({
    env: { EDITOR: `${editor} '${text}'`, PATH: process.env["PATH"] ?? "" },
  });
  expect(await blob(["config", "edit"], env("output: xml"))).toMatchObject({ code: 2 });
  expect(await readFile(file, "utf8")).toBe("output: text\n");
  expect(await blob(["config", "edit"], env("compression: none"))).toMatchObject({ code: 0 });
  expect(await readFile(file, "utf8")).toBe("compression: none\n");
  expect(await blob(["config", "edit"])).toMatchObject({ code: 2 });
});

test("what a policy is about is not read while the policy cannot be made, by any command", async () => {
  const layout = `oci:${path.join(home.path, "layout")}:v1`;
  expect((await blob(["push", layout, path.join(home.path, "site")])).code).toBe(0);
  await configure("policies:\n- match: oci:.*\n  policy: {nonsense: true}\n");
  for (const argv of [
    ["cat", layout, "index.html"],
    ["ls", layout],
    ["tree", layout],
    ["inspect", layout],
    ["pull", layout, path.join(home.path, "out")],
    ["cp", `${layout}:/css`, path.join(home.path, "out")],
  ]) {
    const { code, stdout, stderr } = await blob(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`${file}:2: `);
  }
});

describe("a registry", () => {
  let registry: TestRegistry;
  beforeEach(async () => {
    registry = await startTestRegistry();
    registry.quirks.tokenAuth = { username: "me", password: "s3cret-word" };
  });
  afterEach(() => registry.close());

  const env = { BLOB_PLAIN_HTTP: "1" };
  const login = (password: string): Promise<Ran> =>
    blob(["login", registry.host, "-u", "me", "--password-stdin"], { env, stdin: `${password}\n` });

  test("login tries the password before it keeps it; status and logout", async () => {
    const reference = `${registry.host}/acme/site:v1`;
    const site = path.join(home.path, "site");
    const wrong = await login("guess");
    expect(wrong).toMatchObject({ code: 3, stdout: "" });
    expect(wrong.stderr).not.toContain("guess");
    expect((await blob(["auth", "status", registry.host])).stdout).toContain("no credentials");
    expect(await login("s3cret-word")).toMatchObject({ code: 0, stderr: "" });
    const status = await blob(["auth", "status", registry.host, "--output", "json"]);
    expect(JSON.parse(status.stdout)).toEqual({
      host: registry.host,
      authenticated: true,
      source: path.join(home.path, ".docker", "config.json"),
      kind: "basic",
      username: "me",
    });
    expect(await blob(["push", reference, site], { env })).toMatchObject({ code: 0 });
    expect(await blob(["logout", registry.host])).toMatchObject({ code: 0 });
    expect(await blob(["logout", registry.host])).toMatchObject({ code: 4 });
    expect(await blob(["push", reference, site], { env })).toMatchObject({ code: 3 });
  });

  test("--debug shows requests, and no secret", async () => {
    await login("s3cret-word");
    const reference = `${registry.host}/acme/site:v1`;
    const { code, stderr } = await blob(["push", "--debug", reference, path.join(home.path, "site")], {
      env,
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^http: PUT http:\/\/.*\/manifests\/v1 with credentials: 201/mu);
    expect(stderr).not.toContain("s3cret-word");
    expect(stderr).not.toContain(Buffer.from("me:s3cret-word").toString("base64"));
    expect(stderr).not.toMatch(/bearer|basic /iu);
  });
});
