import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from "node:fs/promises";
import module from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { compileCacheDirectory } from "./compile-cache.js";
import { command, isBuilt } from "./testing/command.js";

const hasModes = process.platform !== "win32";
const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.info("only root can make files of other users: these are not tried");
const somebody = 12_345;

let scratch: string;
let home: string;
/** Where it is when all is well; Linux's place, everywhere. */
let place: string;

beforeEach(async () => {
  scratch = await realpath(await mkdtemp(path.join(tmpdir(), "blob-compiled-")));
  home = path.join(scratch, "home");
  await mkdir(home);
  place = path.join(home, ".cache/blob/compiled-code");
  onTestFinished(() => rm(scratch, { recursive: true }));
});

const directoryFor = (env: Record<string, string>): string | undefined => compileCacheDirectory(env, "linux");

describe.runIf(hasModes)("the place of compiled code", () => {
  test("is below the user's cache directory, and for nobody else", () => {
    expect(directoryFor({ HOME: home })).toBe(place);
    for (let at = place; at !== home; at = path.dirname(at)) expect(statSync(at).mode & 0o777).toBe(0o700);
    expect(directoryFor({ HOME: home })).toBe(place);
    const caches = path.join(scratch, "caches");
    expect(directoryFor({ HOME: home, XDG_CACHE_HOME: caches })).toBe(
      path.join(caches, "blob/compiled-code"),
    );
    expect(directoryFor({ XDG_CACHE_HOME: caches })).toBe(path.join(caches, "blob/compiled-code"));
    expect(directoryFor({ HOME: home, XDG_CACHE_HOME: "" })).toBe(place);
    expect(compileCacheDirectory({ HOME: home }, "darwin")).toBe(
      path.join(home, "Library/Caches/blob/compiled-code"),
    );
  });

  test("is nowhere without a home, or with one that is not there or not absolute", async () => {
    expect(directoryFor({})).toBeUndefined();
    expect(directoryFor({ HOME: "" })).toBeUndefined();
    expect(directoryFor({ HOME: "home" })).toBeUndefined();
    expect(directoryFor({ HOME: home, XDG_CACHE_HOME: "caches" })).toBeUndefined();
    expect(directoryFor({ HOME: path.join(scratch, "nobody") })).toBeUndefined();
    expect(directoryFor({ XDG_CACHE_HOME: path.join(scratch, "nobody", "caches") })).toBeUndefined();
    expect(directoryFor({ HOME: "/dev/null" })).toBeUndefined();
    expect(await readdir(scratch)).toEqual(["home"]);
    expect(existsSync("caches") || existsSync("home")).toBe(false);
  });

  test("is Node's own when its variables say so", async () => {
    expect(directoryFor({ HOME: home, NODE_COMPILE_CACHE: path.join(scratch, "other") })).toBeUndefined();
    expect(directoryFor({ HOME: home, NODE_DISABLE_COMPILE_CACHE: "1" })).toBeUndefined();
    expect(await readdir(home)).toEqual([]);
  });

  test.each([0o777, 0o770, 0o707, 0o750, 0o701])("is not one with mode %o", async (mode) => {
    await mkdir(place, { recursive: true });
    await chmod(place, mode);
    expect(directoryFor({ HOME: home })).toBeUndefined();
  });

  test.each(["", ".cache", ".cache/blob"])("is not below one that others can change (%s)", async (name) => {
    expect(directoryFor({ HOME: home })).toBe(place);
    const open = path.join(home, name);
    for (const mode of [0o777, 0o770, 0o702]) {
      await chmod(open, mode);
      expect(directoryFor({ HOME: home })).toBeUndefined();
    }
    // In a directory for all, like /tmp, what is ours is safe.
    await chmod(open, 0o1777);
    expect(directoryFor({ HOME: home })).toBe(place);
    if (!isRoot) return;
    await chmod(open, 0o700);
    await chown(open, somebody, somebody);
    expect(directoryFor({ HOME: home })).toBeUndefined();
  });

  test("is not made where others could have made it, or are the owners", async () => {
    await chmod(home, 0o777);
    expect(directoryFor({ HOME: home })).toBeUndefined();
    if (isRoot) {
      await chmod(home, 0o700);
      await chown(home, somebody, somebody);
      expect(directoryFor({ HOME: home })).toBeUndefined();
    }
    expect(await readdir(home)).toEqual([]);
  });

  test.runIf(isRoot)("is not one of somebody else", async () => {
    await mkdir(place, { recursive: true, mode: 0o700 });
    await chown(place, somebody, somebody);
    expect(directoryFor({ HOME: home })).toBeUndefined();
  });

  test("is no link and no file; links above it are followed once and for all", async () => {
    await mkdir(path.dirname(place), { recursive: true });
    const elsewhere = path.join(scratch, "elsewhere");
    await mkdir(elsewhere, { mode: 0o700 });
    for (const target of [elsewhere, path.join(scratch, "nowhere")]) {
      await symlink(target, place);
      expect(directoryFor({ HOME: home })).toBeUndefined();
      await rm(place);
    }
    await writeFile(place, "");
    expect(directoryFor({ HOME: home })).toBeUndefined();
    await rm(path.join(home, ".cache"), { recursive: true });
    await symlink(elsewhere, path.join(home, ".cache"));
    expect(directoryFor({ HOME: home })).toBe(path.join(elsewhere, "blob/compiled-code"));
    expect(await readdir(scratch)).not.toContain("nowhere");
  });
});

const keepsCode = "enableCompileCache" in module && isBuilt && hasModes;
if (!keepsCode)
  console.info(
    "this Node keeps no compiled code (22.8 does), or the command is not built: runs are not tried",
  );

describe.runIf(keepsCode)("a run of the command", () => {
  /** Gives what is in the directory for temporary files afterwards. */
  function run(env: Record<string, string>): string[] {
    const temporary = path.join(scratch, "tmp");
    const { status, stdout } = spawnSync(process.execPath, [command, "version"], {
      cwd: scratch,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], TMPDIR: temporary, ...env },
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/\d/u) as string });
    return readdirSync(temporary);
  }
  const filesBelow = (directory: string): string[] =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
  const bytesBelow = (directory: string): number =>
    filesBelow(directory).reduce((sum, file) => sum + statSync(file).size, 0);

  beforeEach(() => mkdir(path.join(scratch, "tmp")));

  test("keeps its code there, and uses it", () => {
    expect(run({ HOME: home })).toEqual([]);
    const kept = filesBelow(place);
    // Also of what every run begins with: none of it is loaded before the place is known.
    expect(bytesBelow(place)).toBeGreaterThan(20_000);
    const inodes = kept.map((file) => statSync(file).ino);
    expect(run({ HOME: home })).toEqual([]);
    expect(filesBelow(place).map((file) => statSync(file).ino)).toEqual(inodes);
  });

  test("without a home, or with a cache that others can reach, keeps none anywhere", async () => {
    expect(run({})).toEqual([]);
    expect(run({ XDG_CACHE_HOME: "caches" })).toEqual([]);
    await mkdir(place, { recursive: true });
    await chmod(place, 0o777);
    expect(run({ HOME: home })).toEqual([]);
    expect(filesBelow(place)).toEqual([]);
    if (isRoot) {
      await chmod(place, 0o700);
      await chown(place, somebody, somebody);
      expect(run({ HOME: home })).toEqual([]);
      expect(filesBelow(place)).toEqual([]);
    }
    expect((await readdir(scratch)).toSorted()).toEqual(["home", "tmp"]);
  });

  test("does what Node's variables say", () => {
    const other = path.join(scratch, "other");
    expect(run({ HOME: home, NODE_COMPILE_CACHE: other })).toEqual([]);
    expect(bytesBelow(other)).toBeGreaterThan(20_000);
    expect(run({ HOME: home, NODE_DISABLE_COMPILE_CACHE: "1" })).toEqual([]);
    expect(readdirSync(home)).toEqual([]);
  });
});
