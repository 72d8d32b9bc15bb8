import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, packageFolder, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const client = packageFolder("client");
const recorder = new URL("./testing/record-modules.mjs", import.meta.url).href;
const isBuilt = existsSync(path.join(client, "dist/index.js")) && existsSync(fileURLToPath(recorder));
if (!isBuilt) console.info("the client is not built (`pnpm build`): tests of what it loads are skipped");

let directory: TemporaryDirectory;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  await writeTree(path.join(directory.path, "site"), { "a.txt": "a\n" });
});
afterAll(() => directory.remove());

/** What a program loads, in our packages by file and otherwise by package. */
async function loadedBy(program: string): Promise<readonly string[]> {
  const file = path.join(directory.path, "modules");
  await rm(file, { force: true });
  const flags = ["--disable-warning=DEP0205", "--import", recorder, "--input-type=module", "--eval", program];
  const { status, stderr } = spawnSync(process.execPath, flags, {
    // Where the name of the package is known.
    cwd: client,
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      HOME: directory.path,
      MODULES_FILE: file,
      SITE: path.join(directory.path, "site"),
      LAYOUT: `oci:${path.join(directory.path, "layout")}:v1`,
    },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const urls = (await readFile(file, "utf8")).trim().split("\n");
  const ours = (url: string): string | undefined =>
    /\/(?:packages|@blob)\/([a-z-]+\/dist\/.*)$/u.exec(url)?.[1];
  const theirs = (url: string): string | undefined =>
    /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//u.exec(url)?.[1];
  return [...new Set(urls.map((url) => ours(url) ?? theirs(url) ?? url))];
}

/** What makes archives, writes them to disk, starts threads, speaks HTTP or serves. */
const heavy =
  /^(?:format\/dist\/node\/|registry\/dist\/server\/|undici$|zstd-napi$|node:(?:worker_threads|http|zlib)$)/u;

describe.skipIf(!isBuilt)("what a program loads", () => {
  test("that imports the client: nothing that reads or writes archives on disk, no HTTP, no server", async () => {
    const modules = await loadedBy(`import "@blob/client";`);
    expect(modules).toContain("client/dist/create-client.js");
    expect(modules.filter((name) => heavy.test(name))).toEqual([]);
  });

  test("that imports the client: no verb but what opens archives", async () => {
    const modules = await loadedBy(`import "@blob/client";`);
    const verbs = modules.filter((name) =>
      /^client\/dist\/verbs\/(?:push|copy|sign|sync|extract|read-files)/u.test(name),
    );
    expect(verbs).toEqual([]);
  });

  test("that lists an archive: what decodes contents is loaded when the first is read", async () => {
    const decoding = (program: string): Promise<readonly string[]> =>
      loadedBy(program).then((modules) =>
        modules.filter((name) => /^format\/dist\/node\/|^zstd-napi$/u.test(name)),
      );
    const pulled = `
      import { createClient } from "@blob/client";
      const client = createClient();
      const archive = await client.pull(process.env.LAYOUT);
      if (archive.readDirectory("").length !== 1) throw new Error("not listed");
    `;
    await loadedBy(`
      import { createClient } from "@blob/client";
      await createClient().push(process.env.LAYOUT, process.env.SITE);
    `);
    expect(await decoding(`${pulled} await client.close();`)).toEqual([]);
    expect(await decoding(`${pulled} await archive.readFile("a.txt"); await client.close();`)).toContain(
      "format/dist/node/read/index.js",
    );
  });

  test("that makes one, and asks what it was given: no more", async () => {
    const program = `
      import { createClient, createMemoryRegistry } from "@blob/client";
      const client = createClient({ registry: createMemoryRegistry(), cache: process.env.LAYOUT.slice(4) + "-cache" });
      await client.resolve("one.example/acme/site:v1").catch(() => undefined);
      await client.close();
    `;
    expect((await loadedBy(program)).filter((name) => heavy.test(name))).toEqual([]);
  });

  test("that pushes to a layout and reads from it: no HTTP and no server", async () => {
    const program = `
      import { createClient } from "@blob/client";
      const client = createClient();
      await client.push(process.env.LAYOUT, process.env.SITE);
      await (await client.pull(process.env.LAYOUT)).readFile("a.txt");
      await client.close();
    `;
    const modules = await loadedBy(program);
    expect(modules.filter((name) => /^registry\/dist\/server\/|^undici$/u.test(name))).toEqual([]);
  });

  test("that imports what is about files on disk: nothing of registries, and no codec", async () => {
    const modules = await loadedBy(`import "@blob/client/files";`);
    expect(modules.filter((name) => /^(?:registry|auth|cache)\//u.test(name))).toEqual([]);
    expect(modules.filter((name) => name === "zstd-napi")).toEqual([]);
  });
});
