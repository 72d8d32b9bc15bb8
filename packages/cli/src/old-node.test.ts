import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { createTemporaryDirectory, packageFolder } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { command } from "./testing/command.js";

/** Starts the command in a Node that says it is of this version. */
async function runAs(version: string, ...argv: readonly string[]): Promise<ReturnType<typeof spawnSync>> {
  const directory = await createTemporaryDirectory();
  onTestFinished(() => directory.remove());
  const before = path.join(directory.path, "before.cjs");
  await writeFile(before, `Object.defineProperty(process.versions, "node", { value: "${version}" });`);
  return spawnSync(process.execPath, ["--require", before, command, ...argv], { encoding: "utf8" });
}

describe("a Node that is too old is named before anything else", () => {
  test.each(["14.21.3", "16.20.2", "18.20.8", "20.18.3", "20.9.0"])("%s", async (version) => {
    const { status, stdout, stderr } = await runAs(version, "ls", "ghcr.io/acme/site:v1");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(String(stderr)).toMatch(
      /^error\[NodeTooOld\]: blob needs Node\.js 20\.19\.0 or newer, and .* is [\d.]+\nhint: .*\n$/u,
    );
    expect(String(stderr)).toContain(`is ${version}`);
  });

  test("by the version that package.json has", async () => {
    const text = await readFile(path.join(packageFolder("cli"), "package.json"), "utf8");
    expect((JSON.parse(text) as { engines: { node: string } }).engines.node).toBe(">=20.19.0");
  });

  test.each(["20.19.0", "20.20.1", "22.0.0", "100.1.0"])("%s is none", async (version) => {
    const { status, stdout } = await runAs(version, "--version");
    expect({ status, stdout: String(stdout) }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^\d/u) as string,
    });
  });
});
