import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
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

  test("being told to end in the middle of a push leaves nothing and ends with 143", async () => {
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

  test.each([
    ["cp", (to: string) => ["cp", `${reference}:/large.bin`, to]],
    ["cp of a directory", (to: string) => ["cp", `${reference}:/`, to]],
    ["cat", () => ["cat", reference, "large.bin"]],
    ["copy", (to: string) => ["copy", reference, `oci:${to}:v1`]],
  ])(
    "Ctrl-C in the middle of blob %s leaves nothing under its name and ends with 130",
    async (name, argvOf) => {
      registry.quirks.oneByteAtATime = true;
      try {
        const target = path.join(directory.path, "interrupted", name.replaceAll(" ", "-"));
        const seen = registry.requests.length;
        const { child, ended } = start([...argvOf(target), "--skip-cache"]);
        await until(() => registry.requests.slice(seen).some(({ bytesSent }) => bytesSent > 1000));
        child.kill("SIGINT");
        expect(await ended).toEqual({
          code: 130,
          stdout: "",
          stderr: "error[Interrupted]: interrupted by SIGINT\n",
        });
        const left = existsSync(target)
          ? await readdir(target, { recursive: true, withFileTypes: true })
          : [];
        const files = left.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name));
        for (const file of files) {
          // What a layout has is whole, whenever it was written; and no tag leads to it.
          const bytes = await readFile(file);
          const digest = createHash("sha256").update(bytes).digest("hex");
          if (file.includes("/blobs/")) expect(path.basename(file)).toBe(digest);
          else expect(bytes.toString()).not.toContain('"v1"');
        }
        if (name !== "copy") expect(files).toEqual([]);
      } finally {
        registry.quirks.oneByteAtATime = false;
      }
    },
  );

  /** Runs the command with its descriptors as a shell makes them. */
  function shell(script: string, cwd = directory.path): Promise<{ code: number | null; stderr: string }> {
    const child = spawn("/bin/sh", ["-c", `${script} `, process.execPath, command], {
      cwd,
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env["PATH"], HOME: directory.path, BLOB_PLAIN_HTTP: "1", REF: reference },
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    return once(child, "close").then(([code]) => ({ code: code as number | null, stderr }));
  }

  test
    .skipIf(!existsSync("/dev/full"))
    .each(["--version", "--help", "version", "ls $REF", "cat $REF a.txt", "cat $REF large.bin"])(
    "blob %s > /dev/full ends with 1 and says why",
    async (line) => {
      const { code, stderr } = await shell(`"$0" "$1" ${line} > /dev/full`);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error\[Output\]: standard output cannot be written: ENOSPC: .*\nhint: .*\n$/u);
    },
  );

  test.each(["--version", "ls $REF"])(
    "blob %s with a descriptor that cannot be written ends with 1",
    async (line) => {
      const { code, stderr } = await shell(`"$0" "$1" ${line} 1< /dev/null`);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error\[Output\]: .*EBADF/u);
    },
  );

  test.each(["--version", "--help", "ls $REF"])(
    "blob %s | true ends with 0 and says nothing",
    async (line) => {
      // The reader is gone before anything is written.
      const { code, stderr } = await shell(`{ sleep 0.2; "$0" "$1" ${line}; echo "$?" >&2; } | true`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "0\n" });
    },
  );

  test.skipIf(!existsSync("/dev/full"))("messages that cannot be written are no crash", async () => {
    expect((await shell(`"$0" "$1" ls $REF -vv 2> /dev/full`)).code).toBe(0);
    expect((await shell(`"$0" "$1" ls $REF/nothing 2> /dev/full`)).code).toBe(2);
    expect((await shell(`"$0" "$1" ls $REF 2>&-`)).code).toBe(0);
  });

  test("a current directory that was deleted hurts only what is relative to it", async () => {
    const gone = path.join(directory.path, "gone");
    const script = (line: string): string =>
      `mkdir "${gone}" && cd "${gone}" && rmdir "${gone}" && "$0" "$1" ${line}`;
    expect(await shell(script("ls $REF"))).toEqual({ code: 0, stderr: "" });
    expect(await shell(script("--help"))).toEqual({ code: 0, stderr: "" });
    const { code, stderr } = await shell(script("create . out"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[ENOENT\]: .*\nhint: the current directory was deleted: .*\n$/u);
  });

  const asNobody = ["--reuid=123456", "--regid=123456", "--clear-groups"];
  const reads = `require("node:fs").accessSync(${JSON.stringify(command)})`;
  const canBeNobody =
    process.getuid?.() === 0 &&
    spawnSync("setpriv", [...asNobody, process.execPath, "--eval", reads]).status === 0;
  if (!canBeNobody)
    console.info(
      "not tried as a user that passwd does not have: that takes root, and files that all may read",
    );

  test.skipIf(!canBeNobody)("a user that passwd does not have, without HOME: no stack trace", async () => {
    const nobody = `env -u HOME setpriv ${asNobody.join(" ")} "$0" "$1"`;
    expect(await shell(`${nobody} --help`)).toEqual({ code: 0, stderr: "" });
    const { code, stderr } = await shell(`${nobody} ls $REF`);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^$|^warning: there is no home directory.*\n$/u) as string,
    });
    const shown = await shell(`${nobody} config path`);
    expect(shown.code).toBe(2);
    expect(shown.stderr).toMatch(/^error\[NoHome\]: .*\nhint: set HOME, .*\n$/u);
  });
});
