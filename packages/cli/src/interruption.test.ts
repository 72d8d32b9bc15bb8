import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Interruption } from "./index.js";
import { runBlob } from "./testing/run-blob.js";

let directory: TemporaryDirectory;
const inside = (...names: readonly string[]): string => path.join(directory.path, ...names);

beforeEach(async () => {
  directory = await createTemporaryDirectory();
});
afterEach(() => directory.remove());

/** Waits until something is there; the test's own time-out ends it otherwise. */
async function until(isThere: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isThere())) await pause(5);
}

test("create: neither the archive's files nor temporary ones", async () => {
  // Slow enough to be interrupted: a level that tries hard, and bytes that give it nothing.
  await writeTree(inside("site"), { "large.bin": randomBytes(30_000_000), "a.txt": "a" });
  const controller = new AbortController();
  const out = inside("out");
  const argv = ["create", "--no-skip-compressed", "--compression-level", "19", inside("site"), out];
  const running = runBlob(argv, { signal: controller.signal });
  await until(async () => existsSync(out) && (await readdir(out)).length > 0);
  controller.abort(new Interruption("SIGINT"));
  expect(await running).toMatchObject({ code: 130, stdout: "" });
  expect(existsSync(out) ? await readdir(out) : []).toEqual([]);
});

test.each([
  // The terminal tells the editor, too, and this one ends by itself, with what it has saved.
  ["SIGINT", 130, `sh -c 'echo output: json > "$0"; touch started; sleep 0.3'`],
  ["SIGTERM", 143, `sh -c 'echo output: json > "$0"; touch started; exec sleep 3'`],
] as const)("config edit, %s: the file stays as it was, and no copy is left", async (name, code, editor) => {
  const home = inside("home");
  await writeTree(home, { ".config/blob/config.yaml": "output: text\n" });
  await mkdir(inside("tmp"));
  vi.stubEnv("TMPDIR", inside("tmp"));
  onTestFinished(() => void vi.unstubAllEnvs());
  const started = inside("started");
  const controller = new AbortController();
  const env = {
    PATH: process.env["PATH"] ?? "",
    EDITOR: editor.replace("touch started", `touch ${started}`),
  };
  const running = runBlob(["config", "edit"], { homeDirectory: home, env, signal: controller.signal });
  await until(() => existsSync(started));
  controller.abort(new Interruption(name));
  expect(await running).toMatchObject({ code, stdout: "" });
  expect(await readFile(path.join(home, ".config/blob/config.yaml"), "utf8")).toBe("output: text\n");
  expect(await readdir(inside("tmp"))).toEqual([]);
});
