import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command, isBuilt } from "./testing/command.js";
import { runBlob } from "./testing/run-blob.js";

if (!isBuilt) console.info("the command is not built (`pnpm build`): tests of its process are skipped");

let directory: TemporaryDirectory;
let registry: TestRegistry;
let source = "";
let reference = "";

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  source = path.join(directory.path, "source");
  await writeTree(source, { "a.txt": "small", "large.bin": randomBytes(3_000_000) });
  registry = await startTestRegistry();
  reference = `${registry.host}/acme/site:v1`;
  expect((await runBlob(["push", "--plain-http", reference, source])).code).toBe(0);
});

afterAll(async () => {
  await registry.close();
  await directory.remove();
});

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [command, ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: directory.path, BLOB_PLAIN_HTTP: "1", ...env },
  });
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (output.stdout += chunk.toString("latin1")));
  child.stderr?.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  return {
    child,
    ended: once(child, "close").then(([code]) => ({ code: code as number | null, ...output })),
  };
}

/** Waits until something is so; the test's own time-out ends it otherwise. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(10);
}

describe.skipIf(!isBuilt)("the command as a process", () => {
  test("prints what it did, and ends with 0", async () => {
    expect(await start(["cat", reference, "a.txt"]).ended).toEqual({ code: 0, stdout: "small", stderr: "" });
  });

  test("Ctrl-C in the middle of a pull leaves no file behind and ends with 130", async () => {
    registry.quirks.oneByteAtATime = true;
    try {
      const target = path.join(directory.path, "interrupted");
      const seen = registry.requests.length;
      const { child, ended } = start(["pull", reference, target]);
      // The manifest and the index are smaller.
      await until(() => registry.requests.slice(seen).some(({ bytesSent }) => bytesSent > 1000));
      child.kill("SIGINT");
      const { code, stdout, stderr } = await ended;
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
      expect(stderr).toBe("error[Interrupted]: interrupted by SIGINT\n");
      expect(await readdir(target)).toEqual([]);
    } finally {
      registry.quirks.oneByteAtATime = false;
    }
  });

  test("being told to end in the middle of a push removes its temporary files and ends with 143", async () => {
    const silent = createServer();
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const connected = once(silent, "connection");
    const temporary = path.join(directory.path, "tmp");
    await mkdir(temporary);
    // Node keeps its compiled code there too.
    const spools = async (): Promise<string[]> =>
      (await readdir(temporary)).filter((name) => name.startsWith("blob-"));
    try {
      const { port } = silent.address() as AddressInfo;
      const { child, ended } = start(["push", `127.0.0.1:${String(port)}/acme/site:v1`, source], {
        TMPDIR: temporary,
      });
      await connected;
      expect(await spools()).toHaveLength(1);
      child.kill("SIGTERM");
      expect(await ended).toMatchObject({ code: 143, stdout: "" });
      expect(await spools()).toEqual([]);
    } finally {
      silent.close();
    }
  });

  test("a reader that leaves early ends it quietly", async () => {
    const { child, ended } = start(["cat", reference, "large.bin"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });
});
