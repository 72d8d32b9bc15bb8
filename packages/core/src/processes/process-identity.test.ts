import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { fateOf, isDeadMark, markPattern, processMark, thisProcess } from "./process-identity.js";

const own = thisProcess();
const isLinux = existsSync("/proc/self/stat");

test("this process is here, and not gone", () => {
  expect(fateOf(own)).toBe("here");
  expect(isDeadMark(processMark())).toBe(false);
  expect(processMark()).toMatch(new RegExp(`^${markPattern}$`, "u"));
});

test.each([
  ["our process id with another start", { start: "1" }, "gone"],
  ["our process id without a start, which we always write", { start: "" }, "gone"],
  ["another machine, another kernel", { machine: "another", boot: "another" }, "elsewhere"],
  ["another machine, nothing known of its kernel", { machine: "another", boot: "" }, "elsewhere"],
  ["this machine, before it was started again", { boot: "another" }, "elsewhere"],
  ["no such process", { pid: 2 ** 31 - 1 }, "gone"],
])("%s", (_name, more, fate) => {
  expect(fateOf({ ...own, ...more })).toBe(fate);
});

test.skipIf(!isLinux).each([
  ["another container", { machine: "another", namespace: "pid:[1]" }, "nearby"],
  ["another container of the same name", { namespace: "pid:[1]" }, "nearby"],
  ["a process id that somebody else has now", { pid: process.ppid, start: "1" }, "gone"],
])("on Linux: %s", (_name, more, fate) => {
  expect(fateOf({ ...own, ...more })).toBe(fate);
});

test("a process that was killed is gone, also while nobody has taken notice", async () => {
  const parent = spawn(
    process.execPath,
    [
      "-e",
      `const child = require("node:child_process").spawn("sleep", ["60"]);
       process.on("SIGTERM", () => { child.kill(); process.exit(); });
       console.log(child.pid);
       // Its parent is too busy to notice its end: it stays a zombie.
       process.stdin.once("data", () => { process.kill(child.pid, 9); console.log("killed"); for (const end = Date.now() + 20000; Date.now() < end;); });`,
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [said] = (await once(parent.stdout, "data")) as [Buffer];
  const other = { ...own, pid: Number(said), start: "" };
  expect(fateOf(other)).toBe("here");
  parent.stdin.write("now");
  await once(parent.stdout, "data");
  if (isLinux) await expect.poll(() => fateOf(other)).toBe("gone");
});

test("marks of the same container before its restart are dead, of others nothing is known", () => {
  const before = { ...own, namespace: "pid:[1]", start: String(Number(own.start) - 1) };
  expect(isDeadMark(processMark(before))).toBe(isLinux);
  expect(isDeadMark(processMark({ ...before, start: String(Number(own.start) + 1) }))).toBe(false);
  expect(isDeadMark(processMark({ ...before, pid: own.pid + 1 }))).toBe(false);
  expect(isDeadMark(processMark({ ...own, machine: "another", start: "1" }))).toBe(false);
  expect(isDeadMark(processMark({ ...own, start: "1" }))).toBe(true);
  for (const mark of ["", "x", "-", "0-0-0-0", "----"]) expect(isDeadMark(mark)).toBe(false);
});
