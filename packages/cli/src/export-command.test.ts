import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough, Writable } from "node:stream";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ran, RunOptions } from "./testing/run-blob.js";
import { Interruption } from "./index.js";
import { main } from "./index.js";
import { runBlob } from "./testing/run-blob.js";

let directory: TemporaryDirectory;
let registry: TestRegistry;
let ref: string;

beforeEach(async () => {
  directory = await createTemporaryDirectory();
  registry = await startTestRegistry();
  ref = `${registry.host}/acme/site:v1`;
});

afterEach(async () => {
  await registry.close();
  await directory.remove();
});

const at = (...names: readonly string[]): string => path.join(directory.path, ...names);

function blob(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return runBlob(["--plain-http", ...argv], options);
}

async function pushTree(tree: Readonly<Record<string, string>>): Promise<void> {
  await writeTree(at("site"), tree);
  expect(await blob(["push", "-c", "none", ref, at("site")])).toMatchObject({ code: 0 });
}

describe("export", () => {
  test("an interruption leaves nothing, and what was there before stays", async () => {
    await pushTree({ "a.bin": "x".repeat(9_000_000) });
    await mkdir(at("out"));
    await writeFile(at("out/site.tar"), "before");
    const abort = new AbortController();
    // Slow enough to be interrupted.
    registry.quirks.oneByteAtATime = true;
    const running = blob(["export", "--skip-cache", ref, "-o", at("out/site.tar")], { signal: abort.signal });
    await expect.poll(async () => (await readdir(at("out"))).length, { timeout: 60_000 }).toBe(2);
    abort.abort(new Interruption("SIGINT"));
    expect(await running).toMatchObject({ code: 130, stdout: "" });
    expect(await readdir(at("out"))).toEqual(["site.tar"]);
    expect(await readFile(at("out/site.tar"), "utf8")).toBe("before");
  });

  test("writes to a pipe as it is, and follows no plan for a directory", async () => {
    await pushTree({ "a.txt": "hello" });
    execFileSync("mkfifo", [at("pipe")]);
    const [ran, read] = await Promise.all([
      blob(["export", ref, "--format", "tar", "-o", at("pipe")]),
      readFile(at("pipe")),
    ]);
    expect(ran).toMatchObject({ code: 0 });
    expect(execFileSync("tar", ["-tf", "-"], { input: read, encoding: "utf8" })).toBe("a.txt\n");
    await mkdir(at("folder.tar"));
    const folder = await blob(["export", ref, "-o", at("folder.tar")]);
    expect(folder).toMatchObject({ code: 1, stderr: expect.stringContaining("it is a directory") });
  });

  test("is not written to a terminal, and ends quietly when nobody reads any more", async () => {
    await pushTree({ "a.txt": "x".repeat(300_000) });
    const argv = ["export", ref, "--format", "tar", "-o", "-"];
    expect(await blob(argv, { terminal: true })).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("garble the terminal"),
    });
    const closed = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error("gone"), { code: "EPIPE" }));
      },
    });
    expect(await blob(argv, { stdout: closed })).toMatchObject({ code: 0, stderr: "" });
  });

  test.each(["-o", "--image"])("policies of the configuration hold, with %s", async (flag) => {
    await pushTree({ "a.txt": "hello" });
    await writeFile(at("config.yaml"), "policy_default: refuse\n");
    const argv = ["export", ref, flag, flag === "-o" ? at("site.tar") : `${registry.host}/acme/image:v1`];
    const refused = await blob(["--config", at("config.yaml"), ...argv]);
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining("error[NoRule]") });
    expect(await readdir(directory.path)).not.toContain("site.tar");
    expect((await blob(["tags", `${registry.host}/acme/image`])).code).not.toBe(0);
    expect(await blob(["--config", at("config.yaml"), ...argv, "--no-default-policy"])).toMatchObject({
      code: 0,
    });
  });

  test("a name that deletes files in an image is refused before anything is pushed", async () => {
    await pushTree({ "css/.wh.site.css": "" });
    const ran = await blob(["export", "--image", ref, `oci:${at("layout")}:v1`]);
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining(".wh.") });
    expect(await readdir(directory.path)).not.toContain("layout");
  });
});

describe("import", () => {
  test("says what was left out, and with --strict ends with 6", async () => {
    await writeTree(at("tree"), { "a.txt": "a", "sub/b.txt": "b" });
    await symlink("/etc/passwd", at("tree/link"));
    execFileSync("tar", ["-cf", at("it.tar"), "-C", at("tree"), "."]);
    const ran = await blob(["import", at("it.tar"), ref]);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("skipped link: symbolic-link") });
    const json = await blob(["import", at("it.tar"), "-d", at("out"), "--output", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      directory: at("it.tar"),
      files: 2,
      skipped: [{ path: "link", reason: "symbolic-link" }],
    });
    expect(await blob(["import", "--strict", at("it.tar"), ref])).toMatchObject({ code: 6 });
    expect((await blob(["ls", "-R", ref])).stdout).not.toContain("link");
  });

  test("from standard input, with modes and times to the nanosecond", async () => {
    await writeTree(at("tree"), { "a.sh": "#!/bin/sh\n" });
    execFileSync("chmod", ["750", at("tree/a.sh")]);
    execFileSync("touch", ["-d", "2024-01-02 03:04:05.123456789 UTC", at("tree/a.sh")]);
    const tar = execFileSync("tar", ["-c", "--format=pax", "-C", at("tree"), "."], { encoding: "latin1" });
    expect(await blob(["import", "-", ref], { stdin: tar })).toMatchObject({ code: 0 });
    await blob(["export", ref, "-o", at("back.tar")]);
    await mkdir(at("back"));
    execFileSync("tar", ["-xpf", at("back.tar"), "-C", at("back")]);
    const facts = (file: string): string =>
      execFileSync("stat", ["-c", "%a %y", file], { encoding: "utf8", env: { ...process.env, TZ: "UTC" } });
    expect(facts(at("back/a.sh"))).toBe("750 2024-01-02 03:04:05.123456789 +0000\n");
  });

  test("an interruption while standard input is silent", async () => {
    const abort = new AbortController();
    const stdin = new PassThrough();
    const quiet = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
    const running = main(["import", "-", `oci:${at("layout")}:v1`], {
      stdin,
      stdout: quiet(),
      stderr: quiet(),
      env: { XDG_CACHE_HOME: "/dev/null" },
      homeDirectory: "/nonexistent",
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(new Interruption("SIGINT")), 50);
    expect(await running).toBe(130);
    expect(stdin.destroyed).toBe(true);
    expect(await readdir(directory.path)).not.toContain("layout");
  });
});
