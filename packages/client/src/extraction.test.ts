import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { extractArchive } from "@blob/format/node";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Client } from "./index.js";
import { createClient } from "./index.js";

const isLinux = process.platform === "linux";
if (!isLinux) console.info("known contents are used on Linux only: their tests are skipped");

let directory = "";
let registry: TestRegistry;
let client: Client;
let reference = "";
const files = {
  "a.txt": "a\n",
  "b/c.bin": randomBytes(100_000),
  "b/same.txt": "a\n",
  "empty.txt": "",
};
const at = (name: string): string => path.join(directory, name);

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-extraction-"));
  registry = await startTestRegistry();
  reference = `${registry.host}/acme/site:v1`;
  // Without blocks, which would answer in the place of contents.
  client = createClient({
    plainHttp: true,
    cache: { directory: at("cache"), enabled: { blocks: false } },
  });
  await writeTree(at("source"), files);
  await client.push(reference, at("source"));
});
afterEach(async () => {
  await client.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** How many requests for blobs it took. */
async function extract(name: string, options: object = {}): Promise<number> {
  await using archive = await client.pull(reference);
  registry.requests.splice(0);
  const { files: written } = await extractArchive(archive, at(name), {
    contents: archive.contents,
    ...options,
  });
  expect(written).toBe(4);
  await expectTree(name);
  return registry.requests.length;
}

async function expectTree(name: string): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    expect(Buffer.compare(await readFile(path.join(at(name), file)), Buffer.from(content)), file).toBe(0);
  }
  // Nothing else, no temporary files either.
  expect((await readdir(at(name), { recursive: true })).toSorted()).toEqual([
    "a.txt",
    "b",
    "b/c.bin",
    "b/same.txt",
    "empty.txt",
  ]);
}

/** Where the cache keeps a content. */
async function cached(content: string | Buffer): Promise<string> {
  const hash = createHash("sha256").update(content).digest("hex");
  const found = (await readdir(at("cache/content"), { recursive: true })).find((name) => name.includes(hash));
  if (found === undefined) throw new Error("the content is not cached");
  return path.join(at("cache/content"), found);
}

describe.skipIf(!isLinux)("extraction through the content cache", () => {
  test("the first one fetches and keeps, the next ones fetch nothing, for other tags and clients too", async () => {
    expect(await extract("first")).toBeGreaterThan(0);
    expect(await extract("second")).toBe(0);
    await writeTree(at("source"), { "new.txt": "new\n" });
    await client.push(`${registry.host}/acme/other:v1`, at("source"));
    await using other = await client.pull(`${registry.host}/acme/other:v1`);
    registry.requests.splice(0);
    await extractArchive(other, at("third"), { contents: other.contents });
    expect(registry.requests).toHaveLength(1);
    expect(await readFile(at("third/new.txt"), "utf8")).toBe("new\n");
  });

  test("sync uses it when it is told how", async () => {
    await extract("first");
    registry.requests.splice(0);
    await client.sync(reference, at("synced"), { contentsBy: "copy" });
    await expectTree("synced");
    expect(registry.requests.filter(({ path: url }) => url.includes("/blobs/"))).toEqual([]);
  });

  test("a damaged entry is not written: it is fetched, and heals", async () => {
    await extract("first");
    const entry = await cached(files["b/c.bin"]);
    const bytes = await readFile(entry);
    bytes[50_000] = (bytes[50_000] ?? 0) ^ 1;
    await chmod(entry, 0o600);
    await writeFile(entry, bytes);
    expect(await extract("second")).toBe(1);
    expect(await extract("third")).toBe(0);
  });

  test("links share the file, copies do not, and neither changes what others see", async () => {
    await extract("first");
    const linked = { contentsBy: "link" } as const;
    expect(await extract("linked", linked)).toBe(0);
    const entry = await stat(await cached(files["b/c.bin"]));
    expect((await stat(at("linked/b/c.bin"))).ino).toBe(entry.ino);
    await extract("copied");
    expect((await stat(at("copied/b/c.bin"))).ino).not.toBe(entry.ino);
    const source = await stat(at("source/b/c.bin"));
    expect((await stat(at("copied/b/c.bin"))).mode).toBe(source.mode);
    await extract("by-umask", { preserveMode: false });
    expect((await stat(at("by-umask/b/c.bin"))).mode & 0o777).toBe(0o666 & ~process.umask());
    // A mode that is to be restored must not be that of the kept file.
    await chmod(at("source/b/c.bin"), 0o755);
    await client.push(reference, at("source"));
    await extract("preserved", { ...linked, preserveMode: true });
    expect((await stat(at("preserved/b/c.bin"))).mode & 0o777).toBe(0o755);
    expect((await stat(await cached(files["b/c.bin"]))).mode & 0o777).toBe(0o600);
  });

  test("whoever changes a linked file spoils the kept one, which is noticed", async () => {
    await extract("first");
    await extract("linked", { contentsBy: "link" });
    await writeFile(at("linked/b/c.bin"), "changed");
    expect(await extract("second")).toBe(1);
  });

  test("existing files are left alone, and a cache that does not work changes nothing", async () => {
    await extract("first");
    await writeTree(at("taken"), { "a.txt": "mine" });
    await using archive = await client.pull(reference);
    const { skipped } = await extractArchive(archive, at("taken"), { contents: archive.contents });
    expect(skipped).toEqual(["a.txt"]);
    expect(await readFile(at("taken/a.txt"), "utf8")).toBe("mine");
    await rm(at("cache/content"), { recursive: true });
    await writeFile(at("cache/content"), "in the way");
    expect(await extract("second")).toBeGreaterThan(0);
  });
});
