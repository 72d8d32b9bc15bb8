import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import path from "node:path";
import process from "node:process";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, hasProgram, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { command, isBuilt } from "./testing/command.js";
import { runBlob } from "./testing/run-blob.js";
import type { Terminal } from "./testing/terminal.js";
import { openTerminal } from "./testing/terminal.js";

const canRun = isBuilt && hasProgram("tmux");
if (!canRun) console.info("without tmux and a built command (`pnpm build`), tests in a terminal are skipped");

let directory: TemporaryDirectory;
let registry: TestRegistry;
let source = "";
let temporary = "";

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  source = path.join(directory.path, "source");
  // Larger than what is extracted in one go, without progress.
  temporary = path.join(directory.path, "tmp");
  await mkdir(temporary);
  await writeTree(source, { "large.bin": mostlyZeros(20_000), "small.txt": "small" });
  registry = await startTestRegistry();
  expect((await runBlob(["push", "--plain-http", `${registry.host}/acme/site:v1`, source])).code).toBe(0);
});
afterAll(async () => {
  await registry.close();
  await directory.remove();
});

/** Kilobytes of which little is left when they are compressed: chunks that come byte by byte take some seconds each. */
function mostlyZeros(kilobytes: number): Buffer {
  const content = Buffer.alloc(1000 * kilobytes);
  for (let at = 0; at < content.length; at += 1000) content.set(randomBytes(60), at);
  return content;
}

async function inTerminal(
  argv: readonly string[],
  work: (terminal: Terminal) => Promise<void>,
  columns = 100,
): Promise<void> {
  const env = { BLOB_PLAIN_HTTP: "1", HOME: directory.path, TMPDIR: temporary };
  const terminal = openTerminal([process.execPath, command, ...argv].map((word) => `'${word}'`).join(" "), {
    columns,
    env,
  });
  try {
    await work(terminal);
  } finally {
    terminal.close();
  }
}

/** What a command keeps only while it works. */
async function leftovers(): Promise<string[]> {
  return (await readdir(temporary)).filter((name) => name.startsWith("blob-"));
}

describe.skipIf(!canRun)("in a terminal", () => {
  test.each([
    [100, /^Extracting +\d+% {2}\[=*> +\] {2}[\d.]+ \w+\/19\.1 MiB/mu],
    [40, /^Extracting +\d+% {2}[\d.]+ \w+\/19\.1 MiB$/mu],
  ])(
    "%i columns: a pull shows a bar, and Ctrl-C takes it away with what was not finished",
    async (columns, bar) => {
      registry.quirks.oneByteAtATime = true;
      const target = path.join(directory.path, `pulled-${String(columns)}`);
      try {
        await inTerminal(
          ["pull", `${registry.host}/acme/site:v1`, target],
          async (terminal) => {
            const shown = await terminal.shows(bar);
            // In place: one line, however often it was drawn.
            expect(shown.trim().split("\n")).toHaveLength(1);
            terminal.type("C-c");
            const ended = (await terminal.shows(/exit=/u)).replaceAll("\n", "");
            expect(ended).toBe("error[Interrupted]: interrupted by SIGINTexit=130");
          },
          columns,
        );
        // What was verified of a large file may be there for the next pull, and is no file of that name.
        const others = (await readdir(target)).filter((name) => name !== "small.txt");
        expect(others.filter((name) => !/^\.[0-9a-f-]+\.partial$/u.test(name))).toEqual([]);
      } finally {
        registry.quirks.oneByteAtATime = false;
      }
    },
  );

  test("Ctrl-C in the middle of a push leaves nothing", async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket));
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    try {
      const connected = once(silent, "connection");
      const { port } = silent.address() as AddressInfo;
      await inTerminal(["push", `127.0.0.1:${String(port)}/acme/site:v1`, source], async (terminal) => {
        await connected;
        terminal.type("C-c");
        expect(await terminal.shows(/exit=/u)).toMatch(/interrupted by SIGINT\nexit=130$/u);
      });
      expect(await leftovers()).toEqual([]);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  test("a second Ctrl-C kills what does not come to an end after the first", async () => {
    registry.quirks.oneByteAtATime = true;
    try {
      // A clean-up that hangs: something keeps the process alive.
      const hang = "--import 'data:text/javascript,setInterval(() => {}, 1000)'";
      const pull = `${command} pull ${registry.host}/acme/site:v1 ${path.join(directory.path, "killed")}`;
      // A shell ends with a child that a signal killed, unless it has a trap.
      const terminal = openTerminal(`trap : INT; ${process.execPath} ${hang} ${pull}`, {
        env: { BLOB_PLAIN_HTTP: "1", HOME: directory.path, TMPDIR: temporary },
      });
      onTestFinished(() => terminal.close());
      await terminal.shows(/^Extracting/mu);
      terminal.type("C-c");
      expect(await terminal.shows(/interrupted by SIGINT/u)).not.toContain("exit=");
      terminal.type("C-c");
      await terminal.shows(/exit=130$/u);
    } finally {
      registry.quirks.oneByteAtATime = false;
    }
  });

  test("what is done leaves no bar behind", async () => {
    const target = path.join(directory.path, "whole");
    await inTerminal(
      ["pull", `${registry.host}/acme/site:v1`, target],
      async (terminal) => {
        const shown = await terminal.shows(/exit=/u);
        expect(shown.replaceAll("\n", "")).toBe(`Pulled 2 files (19.1 MiB) to ${target}exit=0`);
      },
      300,
    );
  });

  test("cat shows control characters, and with --force the terminal obeys them", async () => {
    const layout = `oci:${path.join(directory.path, "layout")}:v1`;
    const content = "\u001b[2J\u001b[8mhidden\u001b[0m\r\u009b8m\u202ename\tend\n";
    await writeTree(path.join(directory.path, "odd"), { "odd.txt": content });
    expect((await runBlob(["push", layout, path.join(directory.path, "odd")])).code).toBe(0);
    await inTerminal(["cat", layout, "odd.txt"], async (terminal) => {
      const shown = await terminal.shows(/exit=0/u);
      // The tab is one.
      expect(shown).toMatch(/^\\x1b\[2J\\x1b\[8mhidden\\x1b\[0m\\x0d\\x9b8m\\u202ename +end\nexit=0$/u);
    });
    await inTerminal(["cat", "--force", layout, "odd.txt"], async (terminal) => {
      expect(await terminal.shows(/exit=0/u)).not.toContain("x1b");
    });
    const file = path.join(directory.path, "copied.txt");
    const copy = `${process.execPath} ${command} cat ${layout} odd.txt`;
    const terminal = openTerminal(`${copy} > ${file}; ${copy} | cat >> ${file}`, {
      env: { HOME: directory.path, TMPDIR: temporary },
    });
    onTestFinished(() => terminal.close());
    await terminal.shows(/exit=0/u);
    expect(await readFile(file, "utf8")).toBe(content.repeat(2));
  });

  test("login asks for the password, and does not show it", async () => {
    registry.quirks.tokenAuth = { username: "me", password: "s3cret-word" };
    try {
      await inTerminal(["login", registry.host], async (terminal) => {
        await terminal.shows(/^User name: $|^User name:$/mu);
        terminal.type("m", "x", "BSpace", "e", "Enter");
        await terminal.shows(/^Password or token:/mu);
        terminal.type("s3cret-word", "Enter");
        const shown = await terminal.shows(/exit=/u);
        expect(shown).toContain(`Logged in to ${registry.host} as me`);
        expect(shown).not.toContain("s3cret");
      });
      await inTerminal(["login", registry.host], async (terminal) => {
        await terminal.shows(/^User name:/mu);
        terminal.type("C-c");
        expect(await terminal.shows(/exit=/u)).toMatch(/exit=130$/u);
      });
    } finally {
      delete registry.quirks.tokenAuth;
    }
  });
});
