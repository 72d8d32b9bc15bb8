import { appendFile, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Client } from "../index.js";
import { createClient } from "../index.js";

let directory = "";
let source = "";
let work = "";
let registry: TestRegistry;
let client: Client;
let reference = "";
let dataDigest = "";

/** 40 MiB that compress: numbers, of which no two lines are alike. */
const lines = Array.from({ length: 5_000_000 }, (_, line) => String((line * 7_919) % 10_000_019).padStart(8));
const content = Buffer.from(`${lines.join("\n")}\n`).subarray(0, 40 * 1024 * 1024);

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-sync-"));
  source = path.join(directory, "source");
  await writeTree(source, { "large.txt": content, "small.txt": "small" });
  registry = await startTestRegistry();
  client = createClient({ plainHttp: true });
  reference = `${registry.host}/acme/large:v1`;
  const { data } = await client.push(reference, source);
  dataDigest = data.digest;
});

beforeEach(async () => {
  work = await mkdtemp(path.join(directory, "work-"));
  await writeTree(work, { "large.txt": content, "small.txt": "small" });
});

afterAll(async () => {
  await client.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** What was sent of the data blob since this was asked the last time. */
function sent(): { readonly requests: number; readonly bytes: number } {
  const about = registry.requests.splice(0).filter((request) => request.path.includes(dataDigest));
  return { requests: about.length, bytes: about.reduce((sum, { bytesSent }) => sum + bytesSent, 0) };
}

async function change(place: number): Promise<void> {
  const file = await open(path.join(work, "large.txt"), "r+");
  await file.write("x", place);
  await file.close();
}

test("one byte that changed in 40 MiB moves its chunk, by one request", async () => {
  await change(21_000_000);
  await using archive = await client.open(reference);
  const chunk = archive.chunks("large.txt")?.at(5);
  expect(chunk?.offset).toBeLessThanOrEqual(21_000_000);
  sent();
  const planned = await client.sync(reference, work, { dryRun: true });
  expect(planned).toMatchObject({ written: ["large.txt"], transferSize: chunk?.storedSize });
  const { transferSize } = await client.diffDirectory(reference, work, { stat: true });
  expect(transferSize).toBe(chunk?.storedSize);
  expect(sent()).toEqual({ requests: 0, bytes: 0 });
  expect(await client.sync(reference, work)).toEqual(planned);
  expect(sent()).toEqual({ requests: 1, bytes: chunk?.storedSize });
  expect((await readFile(path.join(work, "large.txt"))).equals(content)).toBe(true);
});

test("bytes that were appended are cut off, and nothing moves", async () => {
  await appendFile(path.join(work, "large.txt"), "appended");
  sent();
  expect(await client.sync(reference, work)).toMatchObject({ written: ["large.txt"], transferSize: 0 });
  expect(sent()).toEqual({ requests: 0, bytes: 0 });
  expect((await readFile(path.join(work, "large.txt"))).equals(content)).toBe(true);
});

test("an archive whose file grew moves what was appended, with the chunk that it begins in", async () => {
  const grown = path.join(directory, "grown");
  await writeTree(grown, { "large.txt": content, "small.txt": "small" });
  await appendFile(path.join(grown, "large.txt"), content.subarray(0, 100_000));
  const other = reference.replace("v1", "v2");
  const { data } = await client.push(other, grown);
  const { transferSize = 0 } = await client.diff(reference, other, { stat: true });
  expect(transferSize).toBeLessThan(data.size / 8);
  registry.requests.splice(0);
  expect(await client.sync(other, work)).toMatchObject({ written: ["large.txt"], transferSize });
  const about = registry.requests.filter((request) => request.path.includes(data.digest));
  expect(about.reduce((sum, { bytesSent }) => sum + bytesSent, 0)).toBe(transferSize);
});

test("a file that is missing is fetched whole", async () => {
  await rm(path.join(work, "large.txt"));
  await writeFile(path.join(work, "other.txt"), content);
  await using archive = await client.open(reference);
  const size = archive.entry("large.txt")?.storedSize;
  sent();
  expect(await client.sync(reference, work)).toMatchObject({ transferSize: size });
  expect(sent().bytes).toBe(size);
});
