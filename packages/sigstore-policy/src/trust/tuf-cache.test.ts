import { execFileSync } from "node:child_process";
import { truncateSync } from "node:fs";
import {
  chmod,
  chown,
  cp,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { trustedRootTuf } from "../index.js";
import type { TufRepository } from "../testing/tuf-repository.js";
import { startTufRepository } from "../testing/tuf-repository.js";

const golden = await readFile(new URL("../../fixtures/trusted_root.json", import.meta.url));
/** What an attacker would like to be trusted. */
const evil = Buffer.concat([golden, Buffer.from("\n")]);

const hasModes = process.platform !== "win32";
const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.info("only root can make files of other users: these are not tried");
const somebody = 12_345;

let ours: TufRepository;
let theirs: TufRepository;
/** What an update from the attacker's repository leaves: a chain that is right in itself. */
let planted: string;
let scratch: string;
let directory: string;

beforeAll(async () => {
  ours = await startTufRepository();
  ours.publish(golden, 1);
  theirs = await startTufRepository();
  theirs.publish(evil, 1);
  planted = await mkdtemp(path.join(tmpdir(), "blob-planted-"));
  await trustedRootTuf({ cacheDirectory: planted, mirror: theirs }).load();
});
afterAll(async () => {
  ours.close();
  theirs.close();
  await rm(planted, { recursive: true });
});
beforeEach(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), "blob-tuf-"));
  directory = path.join(scratch, "sigstore");
  onTestFinished(() => rm(scratch, { recursive: true }));
});

const load = (offline = false): Promise<Uint8Array> =>
  trustedRootTuf({ cacheDirectory: directory, mirror: ours, offline }).load();

/** A cache that is filled, and the folder of the mirror in it. */
async function filled(): Promise<string> {
  await load();
  const [name = ""] = await readdir(directory);
  return path.join(directory, name);
}

/** The attacker's chain, in the place where ours would be. */
async function plant(folder: string): Promise<void> {
  const [name = ""] = await readdir(planted);
  await rm(folder, { recursive: true, force: true });
  await cp(path.join(planted, name), folder, { recursive: true });
}

async function expectRefused(file: string, why: RegExp): Promise<void> {
  const asked = ours.requests.length;
  for (const offline of [true, false]) {
    const refusal = await load(offline).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: "TrustUnavailable",
      message: expect.stringContaining(`${file} `) as string,
      cause: { path: file },
    });
    expect(refusal).toMatchObject({ message: expect.stringMatching(why) as string });
  }
  expect(ours.requests.length).toBe(asked);
}

test("a chain of somebody else's would be believed: nobody else may put one there", async () => {
  const folder = await filled();
  await plant(folder);
  expect(Buffer.compare(await load(true), evil)).toBe(0);
});

test("what is made is for its owner only, and those above it too", async () => {
  directory = path.join(scratch, "above", "sigstore");
  const folder = await filled();
  if (!hasModes) return;
  for (const made of [path.dirname(directory), directory, folder, path.join(folder, "targets")]) {
    expect((await stat(made)).mode & 0o777).toBe(0o700);
  }
  expect((await stat(path.join(folder, "root.json"))).mode & 0o777).toBe(0o600);
});

describe.each(["", "folder", "targets"])("of its directories (%s)", (which) => {
  const pick = (folder: string): string =>
    which === "" ? directory : which === "folder" ? folder : path.join(folder, "targets");

  test.runIf(isRoot)("one that belongs to another user is refused", async () => {
    const folder = await filled();
    if (which !== "targets") await plant(folder);
    await chown(pick(folder), somebody, somebody);
    await expectRefused(pick(folder), /belongs to another user: choose another/u);
  });

  test.runIf(hasModes).each([0o777, 0o770, 0o720, 0o702])("one with mode %o is refused", async (mode) => {
    const folder = await filled();
    if (which !== "targets") await plant(folder);
    await chmod(pick(folder), mode);
    await expectRefused(pick(folder), /can be changed by other users: take/u);
    await chmod(pick(folder), 0o700);
  });

  test("a link or a file in its place is refused, wherever it leads", async () => {
    const folder = await filled();
    const moved = path.join(scratch, "moved");
    await rename(pick(folder), moved);
    await symlink(moved, pick(folder), "junction");
    await expectRefused(pick(folder), /is not a directory: move it away/u);
    await rm(pick(folder));
    await symlink(path.join(scratch, "nothing"), pick(folder), "junction");
    await expectRefused(pick(folder), /is not a directory/u);
    await rm(pick(folder));
    await writeFile(pick(folder), "");
    await expectRefused(pick(folder), /is not a directory/u);
    expect(await readdir(scratch)).not.toContain("nothing");
  });
});

test("a directory that others may read is used", async () => {
  await mkdir(directory, { mode: 0o755 });
  expect((await load()).length).toBe(golden.length);
});

test("a directory that cannot be made is an error with its path", async () => {
  await writeFile(path.join(scratch, "file"), "");
  directory = path.join(scratch, "file", "sigstore");
  await expect(load()).rejects.toMatchObject({
    code: "TrustUnavailable",
    message: expect.stringContaining(directory) as string,
  });
});

const metadata = ["root", "timestamp", "snapshot", "targets"].map((name) => `${name}.json`);

describe.each([...metadata, "targets/trusted_root.json"])("%s", (name) => {
  test("is no link, pipe or directory, whatever that leads to", async () => {
    const folder = await filled();
    const file = path.join(folder, name);
    const moved = path.join(scratch, "moved");
    await rename(file, moved);
    await symlink(moved, file);
    await expectRefused(file, /is not a regular file: remove it/u);
    await rm(file);
    await mkdir(file);
    await expectRefused(file, /is not a regular file/u);
    await rm(file, { recursive: true });
    if (process.platform !== "win32") {
      execFileSync("mkfifo", [file]);
      await expectRefused(file, /is not a regular file/u);
      await rm(file);
    }
    // Nothing is written through a link either.
    await symlink(path.join(scratch, "new"), file);
    await expectRefused(file, /is not a regular file/u);
    expect(await readdir(scratch)).not.toContain("new");
  });

  test("has a bounded size", async () => {
    const folder = await filled();
    truncateSync(path.join(folder, name), 1024 ** 4);
    await expectRefused(path.join(folder, name), /has more than \d+ bytes: remove it/u);
  });

  test.runIf(isRoot)("belongs to us", async () => {
    const folder = await filled();
    await lchown(path.join(folder, name), somebody, somebody);
    await expectRefused(path.join(folder, name), /belongs to another user: remove it/u);
  });

  test.runIf(hasModes)("is writable by others only where they cannot come", async () => {
    const folder = await filled();
    const file = path.join(folder, name);
    await chmod(file, 0o666);
    expect((await load(true)).length).toBe(golden.length);
    await chmod(path.dirname(file), 0o711);
    await expectRefused(file, /can be changed by other users: remove it/u);
  });
});

test("what an updater does not read is left alone", async () => {
  const folder = await filled();
  await symlink("/nonexistent", path.join(folder, "notes"));
  expect((await load(true)).length).toBe(golden.length);
});
