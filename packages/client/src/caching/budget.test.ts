import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, open, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { createLayoutRegistry } from "@blob/registry";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../index.js";
import { createClient } from "../index.js";

/** `BLOB_TEST_BYTES=1073741824 BLOB_TEST_FILES=20000` for the sizes that the goals name. */
const archiveBytes = Number(process.env["BLOB_TEST_BYTES"] ?? 64 * 1024 * 1024);
const fileCount = Number(process.env["BLOB_TEST_FILES"] ?? 2000);

let directory = "";
let registry: TestRegistry;
let client: Client;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-budget-"));
  registry = await startTestRegistry({ registry: createLayoutRegistry(path.join(directory, "registry")) });
  client = createClient({ plainHttp: true, cache: path.join(directory, "cache") });
});

afterAll(async () => {
  await client.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

function bytesSent(digest: string): number {
  const about = registry.requests.splice(0).filter((request) => request.path.includes(digest));
  return about.reduce((sum, request) => sum + request.bytesSent, 0);
}

test("a file of 64 KiB out of a large archive moves hardly more than itself, and then nothing", async () => {
  const source = path.join(directory, "large");
  const wanted = randomBytes(64 * 1024);
  await writeTree(source, { "b.bin": wanted });
  // Holes: they are as large as other content, and take no time to make.
  for (const name of ["a.bin", "c.bin"]) {
    const file = await open(path.join(source, name), "w");
    await file.truncate(archiveBytes / 2);
    await file.write(randomBytes(16), 0, 16, 0);
    await file.close();
  }
  const reference = `${registry.host}/acme/large:v1`;
  const { data } = await client.push(reference, source, { compression: "none" });
  expect(data.size).toBe(archiveBytes + wanted.length);
  registry.requests.splice(0);
  const archive = await client.pull(reference);
  expect(Buffer.compare(await archive.readFile("b.bin"), wanted)).toBe(0);
  // The file lies on blocks of 64 KiB of which it may touch one more.
  const moved = bytesSent(data.digest);
  expect(moved).toBeLessThanOrEqual(2 * wanted.length);
  if (archiveBytes >= 2 ** 30) expect(moved / archiveBytes).toBeLessThan(0.0002);
  await archive.readFile("b.bin");
  expect(registry.requests).toEqual([]);
});

test("a sync of many files with ten changes moves only the bytes of these", async () => {
  const source = path.join(directory, "many");
  const content = (i: number, version: string): Buffer =>
    Buffer.alloc(4096, createHash("sha512").update(`${i} ${version}`).digest());
  await mkdir(source);
  const nameOf = (i: number): string => path.join(source, `${i % 100}`, `${i}.bin`);
  for (let i = 0; i < 100; i += 1) await mkdir(path.join(source, `${i}`));
  for (let i = 0; i < fileCount; i += 1) await writeFile(nameOf(i), content(i, "old"));
  const reference = `${registry.host}/acme/many:v1`;
  await client.push(reference, source, { compression: "none" });
  const target = path.join(directory, "synced");
  expect((await client.sync(reference, target)).written).toHaveLength(fileCount);
  // Far from each other: neighbours would come in one range, with what lies between them.
  const changed = Array.from({ length: 10 }, (_, i) => i * 10);
  for (const i of changed) {
    await writeFile(nameOf(i), content(i, "new"));
    await utimes(nameOf(i), 0, 1);
  }
  const { data } = await client.push(reference, source, { compression: "none" });
  registry.requests.splice(0);
  const started = performance.now();
  const { written, unchanged, size } = await client.sync(reference, target, { quick: true });
  const milliseconds = Math.round(performance.now() - started);
  console.info(`${fileCount} files, ten changed: synced in ${milliseconds} ms`);
  expect({ written: written.length, unchanged, size }).toEqual({
    written: 10,
    unchanged: fileCount - 10,
    size: 10 * 4096,
  });
  expect(bytesSent(data.digest)).toBe(10 * 4096);
  expect(await client.sync(reference, target)).toMatchObject({ written: [], unchanged: fileCount });
});
