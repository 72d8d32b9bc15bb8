import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { withEvictionLock } from "./eviction-lock.js";
import { processMark } from "@blob/core/processes";
import { scratchDirectory } from "./testing/scratch-directory.js";

const [machine = "", namespace = "", pid = "", start = ""] = processMark().split("-");
const place = `${machine}-${namespace}`;

async function underLock(content: string, ageMs = 0): Promise<"done" | undefined> {
  const directory = await scratchDirectory();
  const file = path.join(directory, ".evicting");
  await writeFile(file, content);
  const then = (Date.now() - ageMs) / 1000;
  await utimes(file, then, then);
  const done = await withEvictionLock(directory, async () => "done" as const);
  expect(await readdir(directory)).toEqual(done === undefined ? [".evicting"] : []);
  return done;
}

test("a lock of our process id is not ours after a restart, and broken at once", async () => {
  expect(await underLock(`${place}-${pid}-1`)).toBe("done");
  // We are at it ourselves, in another thread.
  expect(await underLock(processMark())).toBeUndefined();
});

test("a process id that is another process's now does not keep a lock alive", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  onTestFinished(() => void child.kill("SIGKILL"));
  const isLinux = process.platform === "linux";
  expect(await underLock(`${place}-${String(child.pid)}-1`)).toBe(isLinux ? "done" : undefined);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await underLock(`${place}-${String(child.pid)}-${start}`)).toBe("done");
});

test.each(["", "garbage", `${place}-0-0`, `${place}-${pid}`])(
  "a lock that says nothing is broken when it says nothing for a second: %j",
  async (content) => {
    expect(await underLock(content, 2000)).toBe("done");
    expect(await underLock(content)).toBeUndefined();
  },
);

test("of another host nothing is known before a minute", async () => {
  expect(await underLock("00000000-00000000-1-1", 30_000)).toBeUndefined();
  expect(await underLock("00000000-00000000-1-1", 61_000)).toBe("done");
});
