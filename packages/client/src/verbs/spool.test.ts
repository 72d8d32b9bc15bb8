import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chown, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { processMark } from "@blob/core/processes";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { withSpool } from "./spool.js";

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.info("not root: the test with a spool of another user is skipped");
const isLinux = existsSync("/proc/self/stat");
const [place = "", namespace = "", , start = ""] = processMark().split("-");
let parent = "";

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), "blob-spools-"));
});

afterEach(() => rm(parent, { recursive: true, force: true }));

/** A directory with an archive in it, as a push leaves it when it is killed. */
async function leave(mark: string, unique = "aB3dE6"): Promise<string> {
  const name = `blob-push-${mark}-${unique}`;
  await mkdir(path.join(parent, name));
  await writeFile(path.join(parent, name, "data.blob"), "data");
  return name;
}

/** What is there after somebody else's push has come by. */
async function afterwards(): Promise<readonly string[]> {
  await withSpool(parent, () => Promise.resolve());
  return readdir(parent);
}

/** A process and its mark. */
async function anotherProcess(): Promise<{ readonly mark: string; kill(): Promise<void> }> {
  const child = spawn(process.execPath, ["-e", "console.log('here'); setInterval(() => {}, 1000)"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(kill);
  await once(child.stdout, "data");
  const pid = String(child.pid);
  const started = isLinux
    ? (readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ")[19] ?? "")
    : start;
  return { mark: `${place}-${namespace}-${pid}-${started}`, kill };
}

test("a spool says whose it is, is there during the work, and is gone afterwards", async () => {
  const name = await withSpool(parent, async (spool) => {
    expect(await readdir(parent)).toEqual([path.basename(spool)]);
    return path.basename(spool);
  });
  expect(name.startsWith(`blob-push-${processMark()}-`)).toBe(true);
  await expect(withSpool(parent, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await readdir(parent)).toEqual([]);
});

test("that of a process that was killed is removed by the next one, and not before it was killed", async () => {
  const other = await anotherProcess();
  const name = await leave(other.mark);
  expect(await afterwards()).toEqual([name]);
  await other.kill();
  expect(await afterwards()).toEqual([]);
});

test("that of a process whose id, our own or another, somebody else has now is removed", async () => {
  await leave(`${place}-${namespace}-${String(process.pid)}-1`);
  if (isLinux) {
    const other = await anotherProcess();
    await leave(other.mark.replace(/[0-9]+$/u, "1"));
  }
  expect(await afterwards()).toEqual([]);
});

test("those that are in use stay, whoever cleans up at the same time", async () => {
  const other = await anotherProcess();
  const kept = await leave(other.mark);
  await other.kill();
  const dead = await Promise.all(["aaaaaa", "bbbbbb", "cccccc"].map((unique) => leave(other.mark, unique)));
  expect(dead.length).toBe(3);
  await Promise.all(
    Array.from({ length: 8 }, () =>
      withSpool(parent, async (spool) => {
        await writeFile(path.join(spool, "data.blob"), "mine");
        await withSpool(parent, () => Promise.resolve());
        expect(await readFile(path.join(spool, "data.blob"), "utf8")).toBe("mine");
      }),
    ),
  );
  expect(await readdir(parent)).not.toContain(kept);
  expect(await readdir(parent)).toEqual([]);
});

describe("nothing else is touched", () => {
  const dead = `${place}-${namespace}-${String(process.pid)}-1`;

  test("that only looks like a spool", async () => {
    const outside = path.join(parent, "outside");
    await mkdir(outside);
    await writeFile(path.join(outside, "precious"), "precious");
    await symlink(outside, path.join(parent, `blob-push-${dead}-aaaaaa`));
    await writeFile(path.join(parent, `blob-push-${dead}-bbbbbb`), "a file");
    const names = [
      `blob-push-${dead}-too-long`,
      `blob-push-${dead}`,
      "blob-push-XXXXXX",
      `other-${dead}-aaaaaa`,
    ];
    for (const name of names) await mkdir(path.join(parent, name));
    const before = await readdir(parent);
    expect(await afterwards()).toEqual(before);
    expect(await readFile(path.join(outside, "precious"), "utf8")).toBe("precious");
  });

  test("that a link in a spool leads to", async () => {
    const outside = path.join(parent, "outside");
    await mkdir(outside);
    await writeFile(path.join(outside, "precious"), "precious");
    const name = await leave(dead);
    await symlink(outside, path.join(parent, name, "link"));
    expect(await afterwards()).toEqual(["outside"]);
    expect(await readFile(path.join(outside, "precious"), "utf8")).toBe("precious");
  });

  test("of which nothing is known, until nobody has written to it for a week", async () => {
    const name = await leave("00000000-00000000-7-7");
    expect(await afterwards()).toEqual([name]);
    const long = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
    await utimes(path.join(parent, name), long, long);
    expect(await afterwards()).toEqual([name]);
    await utimes(path.join(parent, name, "data.blob"), long, long);
    expect(await afterwards()).toEqual([]);
  });

  test.skipIf(!isRoot)("of another user", async () => {
    const name = await leave(dead);
    await chown(path.join(parent, name), 12345, 12345);
    expect(await afterwards()).toEqual([name]);
  });
});
