import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { createTemporaryDirectory, startTestRegistry } from "@blob/testing";
import { describe, expect, test } from "vitest";
import { exitCodes } from "./errors/exit-code.js";
import { commandTable, createProgram } from "./command-line.js";
import { runScript } from "./testing/script.js";

const folder = path.join(import.meta.dirname, "scripts");

describe("scripts over a registry", () => {
  test.each(readdirSync(folder))("%s", async (name) => {
    const directory = await createTemporaryDirectory();
    const registry = await startTestRegistry();
    try {
      const { host } = registry;
      const variables = {
        WORK: directory.path,
        HOST: host,
        REF: `${host}/acme/site:v1`,
        REPO: `${host}/acme/site`,
        LAYOUT: `oci:${path.join(directory.path, "layout")}`,
      };
      await runScript(await readFile(path.join(folder, name), "utf8"), variables, registry.quirks);
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
    expect(stdout).toMatch(
      new RegExp(`^Usage: blob ${name}\\b.*\\n\\n${summary}\\n\\nExamples:\\n  blob `, "u"),
    );
    // Not on every page: they have their own.
    expect(stdout).not.toContain("--ca-file");
    expect((await runBlob(["help", name])).stdout).toBe(stdout);
  }
});

test("the flags of all commands, and sub-commands, have pages", async () => {
  const { runBlob } = await import("./testing/run-blob.js");
  const flags = await runBlob(["help", "flags"]);
  expect(flags).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringContaining("--ca-file") as string,
  });
  const page = await runBlob(["help", "cache", "clear"]);
  expect(page).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Usage: blob cache clear/u) as string,
  });
  expect(await runBlob(["cache", "clear", "--help"])).toEqual(page);
  for (const words of [["pusk"], ["cache", "cleer"]]) {
    const { code, stderr } = await runBlob(["help", ...words]);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean") as string,
    });
  }
});

test("every exit code that a script can wait for has a script", () => {
  const all = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), "utf8"));
  const seen = new Set(
    all.flatMap((text) => [...text.matchAll(/^! (\d+) blob/gmu)].map(([, code]) => Number(code))),
  );
  expect([...seen].toSorted((a, b) => a - b)).toEqual(Object.values(exitCodes).filter((code) => code !== 0));
});

describe("JSON schemas", () => {
  const schemas = readdirSync(path.join(import.meta.dirname, "../schemas")).map((file) =>
    path.basename(file, ".json"),
  );

  /** They write bytes, draw the screen, or hand over to an editor. */
  const withoutJson = ["cat", "open", "config-edit", "completion", "complete"];

  test("every command has one", async () => {
    const io = { stdout: process.stdout, stderr: process.stderr } as never;
    const names: string[] = [];
    for (const { name } of commandTable) {
      const { program } = await createProgram([name], io, () => Promise.resolve());
      const below = program.commands.find((one) => one.name() === name)?.commands ?? [];
      names.push(...(below.length === 0 ? [name] : below.map((one) => `${name}-${one.name()}`)));
    }
    expect(names.filter((name) => !schemas.includes(name) && !withoutJson.includes(name))).toEqual([]);
    expect(schemas.filter((name) => !names.includes(name))).toEqual(["error"]);
  });

  test("every one is what a script or a test checks an answer by", () => {
    const root = import.meta.dirname;
    const texts = readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts") || name.startsWith("scripts/"))
      .map((name) => readFileSync(path.join(root, name), "utf8"))
      .join("\n");
    const isUsed = (name: string): boolean =>
      texts.includes(`checkSchema("${name}"`) ||
      texts.includes(`schemas/${name}.json`) ||
      new RegExp(`^json ${name}$`, "mu").test(texts);
    const unused = schemas.filter((name) => !isUsed(name));
    expect(unused).toEqual([]);
  });
});
