import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Registry } from "@blob/registry";
import { createMemoryRegistry } from "@blob/registry";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { expect, onTestFinished, test } from "vitest";
import { command, isBuilt } from "./testing/command.js";

if (!isBuilt) console.info("the command is not built (`pnpm build`): the test that kills a push is skipped");

test.skipIf(!isBuilt).each([
  ["SIGKILL", "is gone after the next one", 1],
  ["SIGTERM", "is nothing", 0],
] as const)("what a push leaves after %s %s", async (signal, _, left) => {
  const directory = await createTemporaryDirectory();
  onTestFinished(() => directory.remove());
  const [source, temporary] = ["source", "tmp"].map((name) => path.join(directory.path, name)) as [
    string,
    string,
  ];
  // Enough to be spooled, by a registry that takes no streams: more than is kept of one.
  await writeTree(source, { "large.bin": randomBytes(48_000_000) });
  await mkdir(temporary);
  const memory = createMemoryRegistry();
  let goOn = (): void => undefined;
  const stalled = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const pushBlob: Registry["pushBlob"] = async (...its) => {
    await stalled;
    return memory.pushBlob(...its);
  };
  const quirks = { fail: { status: 405, times: 2, path: /^PATCH/u } };
  const registry = await startTestRegistry({ registry: { ...memory, pushBlob }, quirks });
  onTestFinished(async () => {
    goOn();
    await registry.close();
  });
  const push = (): ReturnType<typeof spawn> =>
    spawn(process.execPath, [command, "push", `${registry.host}/acme/site:v1`, source, "--plain-http"], {
      stdio: "inherit",
      // Where newer Node keeps compiled code is no spool.
      env: {
        PATH: process.env["PATH"],
        HOME: directory.path,
        TMPDIR: temporary,
        NODE_DISABLE_COMPILE_CACHE: "1",
      },
    });
  const killed = push();
  const end = once(killed, "close");
  onTestFinished(() => void killed.kill("SIGKILL"));
  while (!registry.requests.some(({ method }) => method === "PUT")) await pause(10);
  expect(await readdir(temporary)).toHaveLength(1);
  killed.kill(signal);
  await end;
  expect(await readdir(temporary)).toHaveLength(left);
  goOn();
  expect(await once(push(), "close")).toEqual([0, null]);
  expect(await readdir(temporary)).toEqual([]);
});
