import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createTemporaryDirectory } from "@blob/testing";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import type { Ran } from "./testing/run-blob.js";
import { runBlob } from "./testing/run-blob.js";
import { checkSchema } from "./testing/script.js";

const asWritten = path.join(import.meta.dirname, "../fixtures/go-command/config-as-written.yaml");

async function withGoConfig(): Promise<{
  readonly file: string;
  readonly run: (...argv: readonly string[]) => Promise<Ran>;
  readonly read: () => Promise<unknown>;
}> {
  const temporary = await createTemporaryDirectory();
  onTestFinished(() => temporary.remove());
  const file = path.join(temporary.path, ".config/blob/config.yaml");
  await mkdir(path.dirname(file), { recursive: true });
  await copyFile(asWritten, file);
  return {
    file,
    run: (...argv) => runBlob(argv, { homeDirectory: temporary.path }),
    read: async () => parse(await readFile(file, "utf8")) as unknown,
  };
}

test("our commands go on with a file that the Go command wrote, in its spelling", async () => {
  const { run, read } = await withGoConfig();
  const set = await run("alias", "add", "site", "ghcr.io/acme/site:v1");
  expect(set).toMatchObject({ code: 0 });
  await checkSchema("alias-set", set.stdout, "alias set");
  expect(JSON.parse(set.stdout)).toMatchObject({ action: "created", name: "site" });
  for (const [key = "", value = ""] of [
    ["cache.max_size", "2GB"],
    ["cache.dir", "/caches"],
    ["cache.content.enabled", "false"],
    ["plain_http", "false"],
  ]) {
    expect(await run("config", "set", key, value)).toMatchObject({ code: 0, stderr: "" });
  }
  expect(await read()).toEqual({
    output: "json",
    verbose: 0,
    quiet: false,
    nocolor: false,
    plainhttp: false,
    compression: "zstd",
    cache: {
      enabled: true,
      maxsize: "2GB",
      dir: "/caches",
      refttl: "5m",
      content: { enabled: false },
      blocks: null,
      refs: null,
      manifests: null,
      indexes: null,
    },
    aliases: { site: "ghcr.io/acme/site:v1" },
    policies: [],
  });
  expect(JSON.parse((await run("alias", "set", "site", "ghcr.io/acme/site:v2")).stdout)).toMatchObject({
    action: "updated",
  });
  expect(JSON.parse((await run("alias", "rm", "site")).stdout)).toMatchObject({ action: "removed" });
});

test("config migrate writes our spellings once, and keeps comments and values", async () => {
  const { file, run, read } = await withGoConfig();
  const before = (await run("config", "show")).stdout;
  await writeFile(file, `# ours\n${await readFile(file, "utf8")}`);
  const migrated = await run("config", "migrate", "--output", "json");
  await checkSchema("config-migrate", migrated.stdout, "config migrate");
  expect(JSON.parse(migrated.stdout)).toEqual({
    path: file,
    changed: true,
    renamed: [
      { from: "nocolor", to: "no_color" },
      { from: "plainhttp", to: "plain_http" },
      { from: "cache.maxsize", to: "cache.max_size" },
      { from: "cache.refttl", to: "cache.ref_ttl" },
    ],
  });
  expect(await readFile(file, "utf8")).toMatch(/^# ours\n/u);
  expect(await read()).toMatchObject({ plain_http: true, cache: { max_size: "5GB", ref_ttl: "5m" } });
  expect((await run("config", "show")).stdout).toBe(before);
  expect(await run("config", "migrate", "--output", "text")).toMatchObject({
    stdout: "Nothing was changed.\n",
  });
});

test("verbose, quiet, no-color and compression come from flags, environment and file", async () => {
  const { file, run } = await withGoConfig();
  await writeFile(file, "output: json\nverbose: 1\nquiet: true\nno-color: true\n");
  const shown = await run("config", "show");
  expect(shown.stderr).toContain("configuration: ");
  expect(JSON.parse(shown.stdout)).toMatchObject({ verbose: 1, quiet: true, no_color: true });
  expect(await run("alias", "list")).toMatchObject({ code: 0, stdout: "" });
  expect((await run("alias", "list", "--quiet=false")).stdout).toContain("aliases");
  const env = { BLOB_QUIET: "false", BLOB_VERBOSE: "0", BLOB_NO_COLOR: "0", BLOB_COMPRESSION: "none" };
  const other = await runBlob(["--config", file, "config", "show"], { env });
  expect(other.stderr).toBe("");
  expect(JSON.parse(other.stdout)).toMatchObject({
    verbose: 0,
    quiet: false,
    no_color: false,
    compression: "none",
  });
  expect(await runBlob(["--config", file, "alias", "list"], { env: { BLOB_VERBOSE: "lots" } })).toMatchObject(
    {
      code: 2,
      stdout: "",
    },
  );
});
