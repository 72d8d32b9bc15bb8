import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, utimes, writeFile } from "node:fs/promises";
import { compilePackage } from "@blob/testing";
import { expect, test } from "vitest";
import {
  createLayoutFixture,
  manifestOf,
  pushManifest,
  scratchDirectory,
} from "../testing/layout-fixture.js";
import { processMark, thisProcess } from "@blob/core/processes";
import { createLayoutRegistry } from "./layout-registry.js";

const compiled = compilePackage("registry");
const own = thisProcess();
const id = "00000000-0000-4000-8000-000000000000";
const name = (more: object): string => `.${processMark({ ...own, ...more })}.${id}.tmp`;

async function leftovers(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).filter((file) => file.endsWith(".tmp")).toSorted();
}

test("what a killed writer left is removed by the next one", async () => {
  const directory = await scratchDirectory();
  const script = `
    import { createLayoutRegistry } from ${JSON.stringify(new URL("index.js", compiled).href)};
    const digest = "sha256:" + "0".repeat(64);
    await createLayoutRegistry(${JSON.stringify(directory)}).pushBlob("", { digest, size: 1e9 }, async function* () {
      yield new Uint8Array(1e6);
      console.log("in the middle");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const writer = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(writer.stdout, "data");
  expect(await leftovers(directory)).toHaveLength(1);
  // As long as it lives, it is left alone.
  await pushManifest(createLayoutRegistry(directory), manifestOf(), "v1");
  expect(await leftovers(directory)).toHaveLength(1);
  writer.kill("SIGKILL");
  await once(writer, "exit");
  const next = spawn(process.execPath, [
    "--input-type=module",
    "-e",
    `
    import { createLayoutRegistry } from ${JSON.stringify(new URL("index.js", compiled).href)};
    const digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    await createLayoutRegistry(${JSON.stringify(directory)}).pushBlob("", { digest, size: 0 }, async function* () {});
  `,
  ]);
  await once(next, "exit");
  expect(await leftovers(directory)).toEqual([]);
  expect((await readdir(directory)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
});

test("those of dead processes go at the next write, those of others when they are old", async () => {
  const { file } = await createLayoutFixture();
  // A layout that this process has not written to before.
  const directory = await scratchDirectory();
  const dead = name({ start: "1" });
  const ours = name({});
  const foreign = name({ machine: "another", pid: 1 });
  const old = name({ machine: "another", pid: 2 });
  const strange = ".not-ours.tmp";
  for (const one of [dead, ours, foreign, old, strange]) {
    await writeFile(`${directory}/index.json${one}`, "");
  }
  await utimes(`${directory}/index.json${old}`, 1, 1);
  await utimes(`${directory}/index.json${strange}`, 1, 1);
  await pushManifest(createLayoutRegistry(directory), manifestOf(), "v1");
  expect(await leftovers(directory)).toEqual(
    [ours, foreign, strange].map((one) => `index.json${one}`).toSorted(),
  );
  expect(await leftovers(file(""))).toEqual([]);
});
