import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, hasProgram, writeTree } from "@blob/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { command, isBuilt } from "../testing/command.js";
import { runBlob } from "../testing/run-blob.js";

const canRun = isBuilt && hasProgram("tmux");
if (!isBuilt) console.info("the command is not built (`pnpm build`): tests of `blob open` are skipped");
else if (!canRun) console.info("tmux is not installed: tests of `blob open` in a terminal are skipped");

let directory: TemporaryDirectory;
let archive = "";

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  const source = path.join(directory.path, "source");
  await writeTree(source, {
    "config/app.json": '{ "name": "blob", "port": 8080 }\n',
    "hostile\u001b]0;pwned\u0007.txt": "before\u001b[31m\u202eafter\n",
    "notes/deep/hidden-treasure.txt": "gold\n",
    "readme.md": "# Read me\n",
  });
  archive = path.join(directory.path, "archive");
  expect(await runBlob(["create", source, archive])).toMatchObject({ code: 0 });
});
afterAll(() => directory.remove());

/** A terminal of its own, with a shell in it. */
interface Terminal {
  type(...keys: readonly string[]): void;
  screen(...options: readonly string[]): string;
  /** Waits until the screen shows it; the test's own time-out ends it otherwise. */
  shows(what: string | RegExp): Promise<string>;
  tmux(...args: readonly string[]): string;
}

let server = "";
afterEach(() => {
  if (server !== "") spawnSync("tmux", ["-S", server, "kill-server"]);
  server = "";
});

function terminal(columns = 100, rows = 24): Terminal {
  const socket = path.join(directory.path, `tmux-${String(Math.random()).slice(2)}`);
  server = socket;
  const tmux = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: directory.path, LC_ALL: "C.UTF-8", TERM: "xterm-256color" },
    });
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: "" });
    return stdout;
  };
  const size = ["-x", String(columns), "-y", String(rows)];
  tmux("new-session", "-d", ...size, "-s", "test", "env PS1='ready> ' sh");
  tmux("set-option", "-g", "set-clipboard", "on");
  const screen = (...options: readonly string[]): string =>
    tmux("capture-pane", "-p", ...options, "-t", "test");
  return {
    tmux,
    screen,
    type: (...keys) => void tmux("send-keys", "-t", "test", ...keys),
    async shows(what) {
      for (;;) {
        const shown = screen();
        if (typeof what === "string" ? shown.includes(what) : what.test(shown)) return shown;
        await pause(30);
      }
    },
  };
}

/** With `blob open` in it, once it shows the archive. */
async function opened(columns?: number, rows?: number, env = "", flag = ""): Promise<Terminal> {
  const it = terminal(columns, rows);
  await it.shows("ready>");
  it.type(`cd ${directory.path}; stty -g > before`, "Enter");
  it.type(`${env} ${process.execPath} ${command} open ${flag} file:${archive}; echo "ended $?"`, "Enter");
  await it.shows("readme.md");
  return it;
}

/** The process that the shell waits for. */
function processIn(it: Terminal): number {
  const shell = it.tmux("display-message", "-p", "-t", "test", "#{pane_pid}").trim();
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", shell], { encoding: "utf8" });
  const pid = Number(stdout.trim());
  expect(pid).toBeGreaterThan(0);
  return pid;
}

/** The terminal is as it was: the usual screen, a cursor, no raw mode, and pastes as they are. */
async function expectRestored(it: Terminal, code: number): Promise<void> {
  await it.shows(`ended ${String(code)}`);
  it.type("clear; stty -g > after; cmp before after && echo same", "Enter");
  await it.shows(/^same$/mu);
  const flags = "#{alternate_on} #{cursor_flag} #{bracket_paste_flag}";
  const shown = it.tmux("display-message", "-p", "-t", "test", flags).trim();
  expect(shown).toMatch(/^0 1 ?0?$/u);
}

describe.skipIf(!canRun)("blob open in a terminal", () => {
  test("is driven by keys: open, preview, search, copy, save, quit", async () => {
    const it = await opened();
    await it.shows("▸ config/");
    it.type("Enter", "Down");
    await it.shows('"port": 8080');
    // Coloured by the thread that does that.
    while (!/\u001b\[\d*;?3\d?[^m]*m *(?:"port"|8080)/u.test(it.screen("-e"))) await pause(30);
    it.type("/", "treas");
    await it.shows("1 found");
    it.type("Enter");
    await it.shows(/^gold|│ gold/mu);
    it.type("y");
    await it.shows("Copied, if the terminal allows it");
    expect(it.tmux("show-buffer")).toBe("notes/deep/hidden-treasure.txt");
    it.type("s");
    await it.shows("Save to: ./hidden-treasure.txt");
    it.type("Enter");
    await it.shows("Saved 1 file (5 B) to ./hidden-treasure.txt");
    expect(await readFile(path.join(directory.path, "hidden-treasure.txt"), "utf8")).toBe("gold\n");
    it.type("s", "Enter");
    await it.shows("Overwrite? [y/N]");
    it.type("n", "?");
    await it.shows("Any key goes back");
    it.type("x", "q");
    await expectRestored(it, 0);
  });

  test("shows hostile names and contents, and does not obey them", async () => {
    const it = await opened();
    it.type("/", "hostile", "Enter");
    await it.shows("before\\x1b[31m\\u202eafter");
    await it.shows("hostile\\x1b]0;pwned\\x07.txt");
    expect(it.tmux("display-message", "-p", "-t", "test", "#{pane_title}")).not.toContain("pwned");
    it.type("y");
    await it.shows("Not copied");
    it.type("q");
    await expectRestored(it, 0);
  });

  test("gives the terminal back after Ctrl-C", async () => {
    const it = await opened();
    it.type("C-c");
    await expectRestored(it, 130);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ])("gives the terminal back after %s", async (signal, code) => {
    const it = await opened();
    process.kill(processIn(it), signal);
    await expectRestored(it, code);
  });

  test("gives the terminal back after a crash, which is seen on the usual screen", async () => {
    const crash = path.join(directory.path, "crash.mjs");
    await writeFile(crash, 'process.on("SIGUSR2", () => { throw new Error("out of the blue"); });');
    const it = await opened(100, 24, `NODE_OPTIONS='--import ${crash}'`);
    process.kill(processIn(it), "SIGUSR2");
    await it.shows("Error: out of the blue");
    await expectRestored(it, 1);
  });

  test("goes on after it was stopped, on a terminal that others wrote to", async () => {
    const it = await opened();
    process.kill(processIn(it), "SIGSTOP");
    await it.shows("Stopped");
    it.type("clear; stty sane; echo others", "C-j");
    await it.shows(/^others$/mu);
    it.type('fg; echo "ended $?"', "C-j");
    await it.shows(/readme\.md .*│/u);
    expect(it.screen()).not.toContain("others");
    it.type("Down");
    await it.shows("❯  hostile");
    it.type("q");
    await expectRestored(it, 0);
  });

  test("ends when its terminal goes away", async () => {
    const it = await opened();
    const pid = processIn(it);
    spawnSync("tmux", ["-S", server, "kill-server"]);
    server = "";
    while (existsSync(`/proc/${String(pid)}`)) await pause(30);
  });

  test("fits a small terminal, and one that changes", async () => {
    const it = await opened(40, 10);
    expect(it.screen()).not.toContain("│");
    it.type("End", "Tab");
    await it.shows("# Read me");
    it.tmux("resize-window", "-t", "test", "-x", "30", "-y", "8");
    await it.shows("at least 40×10");
    it.tmux("resize-window", "-t", "test", "-x", "100", "-y", "30");
    await it.shows(/readme\.md .*│/u);
    it.type("q");
    await expectRestored(it, 0);
  });

  test.each([
    ["NO_COLOR", "NO_COLOR=1", ""],
    ["--no-color", "", "--no-color"],
    ["FORCE_COLOR=0", "FORCE_COLOR=0", ""],
  ])("has no colours with %s, and still shows what is selected", async (_, env, flag) => {
    const it = await opened(100, 24, env, flag);
    it.type("Down");
    await it.shows("❯  hostile");
    expect(it.screen("-e")).not.toMatch(/\u001b\[(?:\d+;)*3[0-7]m/u);
    expect(it.screen("-e")).toMatch(/\u001b\[(?:0;)?7m(?:\u001b\[\d+m)*❯/u);
    it.type("q");
    await expectRestored(it, 0);
  });
});

test("without a terminal it says what to use instead", async () => {
  const { code, stdout, stderr } = await runBlob(["open", `file:${archive}`], { terminal: true });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("`blob ls` and `blob cat`");
});
