import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { hasProgram } from "@blob/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { LayoutFixture } from "../testing/layout-fixture.js";
import { createLayoutFixture, listed, manifestOf, pushManifest } from "../testing/layout-fixture.js";
import { withLayoutLock } from "./layout-lock.js";
import { lockContent } from "./lock-file.js";
import { thisProcess } from "@blob/core/processes";

const other = manifestOf({ annotations: { name: "another" } });
const machine = hostname();
const token = "00000000-0000-4000-8000-000000000000";

/** Would be refused after 30 s, and waited for up to a minute, if the lock were believed. */
async function expectPushAtOnce({ registry, directory }: LayoutFixture): Promise<void> {
  const signal = AbortSignal.timeout(9000);
  await registry.pushManifest(
    "",
    { mediaType: "application/vnd.oci.image.manifest.v1+json", bytes: other.bytes },
    {
      tag: "v2",
      signal,
    },
  );
  expect(await listed(registry.tags(""))).toEqual(["v1", "v2"]);
  expect((await readdir(directory)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
}

function lockOf(more: object): string {
  return JSON.stringify({ token, ...thisProcess(), ...more });
}

async function killedChild(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  child.kill("SIGKILL");
  await once(child, "exit");
  return child.pid ?? 0;
}

const nobodys: readonly (readonly [string, () => Promise<string> | string])[] = [
  [
    "names our process id, as this command wrote locks before",
    () => JSON.stringify({ token, pid: process.pid, machine }),
  ],
  ["names our process id and the start of another process", () => lockOf({ start: "1" })],
  ["names a process that died", async () => lockOf({ pid: await killedChild(), start: "" })],
  ["names a process id that is another process's now", () => lockOf({ pid: process.ppid, start: "1" })],
  ["names our process id in a container that is no more", () => lockOf({ namespace: "pid:[1]", start: "1" })],
  [
    "is another container's on this machine",
    () => lockOf({ machine: "f00dcafe", namespace: "pid:[1]", pid: 1 }),
  ],
  ["is empty", () => ""],
  ["is garbage", () => "\0\0\0\0"],
  ["is no lock", () => "[]"],
  ["has wrong types", () => '{"token":5,"pid":"1","machine":null}'],
  ["has a process id that is none", () => lockOf({ pid: -1 })],
  ["is huge", () => " ".repeat(5_000_000)],
];

describe("a lock of nobody is broken at once, when it", () => {
  test.each(nobodys)("%s", async (_name, content) => {
    const layout = await createLayoutFixture();
    await writeFile(layout.file("index.json.lock"), await content());
    await expectPushAtOnce(layout);
  });

  test("is a link that leads nowhere, or to a device", async () => {
    for (const target of ["nowhere", "/dev/zero"]) {
      const layout = await createLayoutFixture();
      await symlink(target, layout.file("index.json.lock"));
      await expectPushAtOnce(layout);
    }
  });

  test.skipIf(!hasProgram("mkfifo"))("is a FIFO", async () => {
    const layout = await createLayoutFixture();
    execFileSync("mkfifo", [layout.file("index.json.lock")]);
    await expectPushAtOnce(layout);
  });

  test("may not be read", async () => {
    const layout = await createLayoutFixture();
    await writeFile(layout.file("index.json.lock"), "");
    await chmod(layout.file("index.json.lock"), 0);
    await expectPushAtOnce(layout);
  });

  test("was being broken by somebody who died", async () => {
    const layout = await createLayoutFixture();
    await writeFile(layout.file("index.json.lock"), lockOf({ start: "1" }));
    await writeFile(layout.file("index.json.lock.break"), lockOf({ start: "2" }));
    await expectPushAtOnce(layout);
  });

  test("is older than an hour, whosever it is", async () => {
    const layout = await createLayoutFixture();
    await writeFile(layout.file("index.json.lock"), lockOf({ machine: "another", boot: "another" }));
    await utimes(layout.file("index.json.lock"), new Date(0), new Date(0));
    await expectPushAtOnce(layout);
  });
});

test("a directory in the way of the lock is an error that names it, and stays", async () => {
  const { registry, file } = await createLayoutFixture();
  await mkdir(file("index.json.lock"));
  await expect(pushManifest(registry, other, "v2")).rejects.toMatchObject({
    code: "FileSystem",
    message: expect.stringContaining("index.json.lock is a directory") as string,
  });
  expect(await readdir(file("index.json.lock"))).toEqual([]);
});

describe("a lock that is held", () => {
  test("by another part of this process is waited for, however long", async () => {
    const layout = await createLayoutFixture();
    // A copy of the module with its own memory, as in another thread.
    vi.resetModules();
    const copy = await import("./layout-lock.js");
    const order: string[] = [];
    const holding = copy.withLayoutLock(layout.directory, async (lock) => {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(await lock.isHeld()).toBe(true);
      order.push("held");
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await withLayoutLock(layout.directory, async () => void order.push("next"));
    await holding;
    expect(order).toEqual(["held", "next"]);
  });

  test("by a process of another machine is waited for until the caller has enough", async () => {
    const { registry, file } = await createLayoutFixture();
    const content = lockOf({ machine: "another", boot: "another" });
    await writeFile(file("index.json.lock"), content);
    const signal = AbortSignal.timeout(500);
    const pushing = registry.deleteManifest("", "v1", { signal });
    await expect(pushing).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await readFile(file("index.json.lock"), "utf8")).toBe(content);
  });

  test("by a process that gives signs of life is not broken, but refused in the end", async () => {
    const { directory, file } = await createLayoutFixture();
    await writeFile(file("index.json.lock"), lockOf({ machine: "f00dcafe", namespace: "pid:[1]" }));
    const alive = setInterval(() => void utimes(file("index.json.lock"), new Date(), new Date()), 100);
    onTestFinished(() => clearInterval(alive));
    const locking = withLayoutLock(directory, async () => {}, { patienceMs: 2500 });
    await expect(locking).rejects.toMatchObject({ code: "Conflict" });
  });

  test("and lost meanwhile is known to be lost, and not taken from the one who has it", async () => {
    const { directory, file } = await createLayoutFixture();
    await withLayoutLock(directory, async (lock) => {
      await writeFile(file("index.json.lock"), lockContent(token));
      expect(await lock.isHeld()).toBe(false);
    });
    expect(await readFile(file("index.json.lock"), "utf8")).toBe(lockContent(token));
  });
});

test("of twenty who see the same stale lock, one at a time has the new one", async () => {
  const { directory, file } = await createLayoutFixture();
  let inside = 0;
  for (let round = 0; round < 10; round += 1) {
    await writeFile(file("index.json.lock"), lockOf({ start: String(round + 1) }));
    const copies: (typeof withLayoutLock)[] = [];
    for (let at = 0; at < 20; at += 1) {
      vi.resetModules();
      copies.push((await import("./layout-lock.js")).withLayoutLock);
    }
    const work = async (): Promise<void> => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(inside).toBe(1);
      inside -= 1;
    };
    await Promise.all(copies.map((lock) => lock(directory, work)));
  }
  expect((await readdir(directory)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
});
