import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createTemporaryDirectory, startTestRegistry } from "@blob/testing";
import { describe, expect, test } from "vitest";
import { commandTable } from "./command-table.js";
import { runScript } from "./testing/script.js";

const folder = path.join(import.meta.dirname, "scripts");

describe("scripts over a registry", () => {
  test.each(readdirSync(folder))("%s", async (name) => {
    const directory = await createTemporaryDirectory();
    const registry = await startTestRegistry();
    try {
      const { host } = registry;
      await runScript(await readFile(path.join(folder, name), "utf8"), {
        WORK: directory.path,
        HOST: host,
        REF: `${host}/acme/site:v1`,
        REPO: `${host}/acme/site`,
        LAYOUT: `oci:${path.join(directory.path, "layout")}`,
      });
    } finally {
      await registry.close();
      await directory.remove();
    }
  });
});

test("every command has help with its usage, and says no more when it is asked twice", async () => {
  const { runBlob } = await import("./testing/run-blob.js");
  for (const { name, summary } of commandTable) {
    const { code, stdout, stderr } = await runBlob([name, "--help"]);
    expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: "" });
    expect(stdout).toMatch(/^Examples:\n {2}blob /u);
    expect(stdout).toContain(`Usage: blob ${name}`);
    expect(stdout).toContain(summary);
    expect((await runBlob(["help", name])).stdout).toBe(stdout);
  }
});
