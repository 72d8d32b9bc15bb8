import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { CacheStore } from "@blob/cache";
import { createMemoryStore } from "@blob/cache";
import type { Chunk } from "@blob/format";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CachesOptions, Client, ClientOptions, PulledArchive } from "../index.js";
import { createClient } from "../index.js";

const mebibyte = 1024 * 1024;
// Compresses to a half, in six chunks of 4 MiB.
const large = Buffer.from(randomBytes(11 * mebibyte).toString("hex"));
const largeName = "large.log";
let directory = "";
let registry: TestRegistry;
let cacheDir = "";
const clients: Client[] = [];
/** The same large file, in another place of other data. */
let reference = "";
let elsewhere = "";
let otherRegistry: TestRegistry;

interface NewClient extends Omit<ClientOptions, "cache"> {
  readonly cache?: CachesOptions;
}

/** Another client, as in another process: it shares nothing but the cache directory. */
function newClient({ cache, ...options }: NewClient = {}): Client {
  const client = createClient({ plainHttp: true, cache: { directory: cacheDir, ...cache }, ...options });
  clients.push(client);
  return client;
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-chunks-"));
  const [one, two] = [path.join(directory, "one"), path.join(directory, "two")];
  await writeTree(one, { [largeName]: large, "small.txt": "small" });
  await writeTree(two, { "a first file": randomBytes(300_000), "moved/large.log": large });
  registry = await startTestRegistry();
  otherRegistry = await startTestRegistry();
  reference = `${registry.host}/acme/one:v1`;
  elsewhere = `${otherRegistry.host}/other/two:v2`;
  await using pusher = createClient({ plainHttp: true });
  await pusher.push(reference, one);
  await pusher.push(elsewhere, two);
});

afterAll(async () => {
  await registry.close();
  await otherRegistry.close();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  cacheDir = await mkdtemp(path.join(directory, "cache-"));
  for (const one of [registry, otherRegistry]) one.requests.splice(0);
});

afterEach(async () => {
  registry.quirks.redirectBlobs = false;
  for (const client of clients.splice(0)) await client.close();
});

/** What was asked for, and how many bytes came, of data: of no manifest and no index. */
function asked(archive: PulledArchive, from = registry): { requests: number; data: number; bytes: number } {
  const all = from.requests.splice(0);
  const about = all.filter((one) => one.path.includes(archive.manifest.data.digest));
  return {
    requests: all.length,
    data: about.length,
    bytes: about.reduce((sum, one) => sum + one.bytesSent, 0),
  };
}

function chunkAt(archive: PulledArchive, name: string, offset: number): Chunk {
  const chunks = archive.chunks(name);
  const chunk = chunks?.at(chunks.indexOf(offset));
  if (chunk === undefined) throw new Error(`${name} has no chunk at ${String(offset)}`);
  return chunk;
}

async function expectRange(
  archive: PulledArchive,
  offset: number,
  length: number,
  name = largeName,
): Promise<void> {
  const bytes = await archive.readFile(name, { range: { offset, length } });
  expect(Buffer.compare(bytes, large.subarray(offset, offset + length))).toBe(0);
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** The files of a cache. */
async function filesOf(name: string): Promise<string[]> {
  const found = await readdir(path.join(cacheDir, name), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return found
    .filter((one) => one.isFile() && !one.name.startsWith(".") && !one.parentPath.endsWith(".tmp"))
    .map((one) => path.join(one.parentPath, one.name));
}

const deep = 4 * 4 * mebibyte + 1_234_567;

describe("a few bytes deep in a large compressed file", () => {
  test("are three requests and one chunk; then they and their neighbours are none, for another client too", async () => {
    const client = newClient();
    const archive = await client.pull(reference);
    await expectRange(archive, deep, 29);
    const { storedSize } = chunkAt(archive, largeName, deep);
    expect(asked(archive)).toEqual({ requests: 3, data: 1, bytes: storedSize });
    await expectRange(archive, deep, 29);
    await expectRange(archive, deep + 1000, 100_000);
    expect(asked(archive).requests).toBe(0);
    await client.close();
    const again = await newClient().pull(reference);
    await expectRange(again, deep - 1000, 29);
    expect((await collect(again.stream(largeName, { range: { offset: deep, length: 10 } }))).length).toBe(10);
    expect(asked(again).requests).toBe(0);
  });

  test("are four requests where blobs are redirected, and two chunks where they lie across", async () => {
    registry.quirks.redirectBlobs = true;
    const archive = await newClient().pull(reference);
    const cut = chunkAt(archive, largeName, deep).offset;
    asked(archive);
    await expectRange(archive, cut - 10, 29);
    const [before, after] = [chunkAt(archive, largeName, cut - 1), chunkAt(archive, largeName, cut)];
    const { data, bytes } = asked(archive);
    // The redirect, whose answer has no chunk, and the range.
    expect(data).toBeLessThanOrEqual(2);
    expect(bytes).toBeLessThanOrEqual(before.storedSize + after.storedSize + 1000);
  });

  test("are no request for data in another archive, repository and registry that has the same chunk", async () => {
    await expectRange(await newClient().pull(reference), deep, 29);
    await clients[0]?.close();
    const client = newClient();
    const other = await client.pull(elsewhere);
    await expectRange(other, deep, 29, "moved/large.log");
    expect(asked(other, otherRegistry)).toMatchObject({ data: 0, bytes: 0 });
    expect(client.caches.statistics().blocks).toMatchObject({ hits: 1, misses: 0 });
  });

  test("are read by sixteen at once with each chunk fetched once", async () => {
    const archive = await newClient().pull(reference);
    asked(archive);
    const offsets = Array.from({ length: 16 }, (_, i) => 2 * mebibyte * (i % 10) + 5 * i);
    await Promise.all(offsets.map((offset) => expectRange(archive, offset, 1000)));
    const chunks = new Set(offsets.map((offset) => chunkAt(archive, largeName, offset).index));
    const stored = [...chunks].reduce(
      (sum, index) => sum + (archive.chunks(largeName)?.at(index)?.storedSize ?? 0),
      0,
    );
    expect(asked(archive)).toEqual({ requests: chunks.size, data: chunks.size, bytes: stored });
  });

  test("can be read offline when they were read before", async () => {
    const client = newClient();
    await expectRange(await client.pull(reference), deep, 29);
    await client.close();
    const archive = await newClient({ offline: true }).pull(reference);
    await expectRange(archive, deep + 30, 29);
    await expect(archive.readFile(largeName, { range: { offset: 0, length: 1 } })).rejects.toMatchObject({
      code: "Offline",
    });
  });
});

describe("what is kept", () => {
  test("is verified chunks under their hashes, and no blocks", async () => {
    const client = newClient();
    const archive = await client.pull(reference);
    await expectRange(archive, deep, 29);
    await client.close();
    const { hash, offset, size } = chunkAt(archive, largeName, deep);
    const files = await filesOf("blocks");
    expect(files.map((file) => path.basename(file))).toEqual([Buffer.from(hash).toString("hex")]);
    const kept = await readFile(files[0] ?? "");
    expect(Buffer.compare(kept, large.subarray(offset, offset + size))).toBe(0);
  });

  test("is nothing of a chunk that is wrong, which is an error that names the file", async () => {
    const liar = await startTestRegistry({ registry: registry.registry });
    try {
      const client = newClient();
      const archive = await client.pull(`${liar.host}/acme/one:v1`);
      liar.damage(archive.manifest.data.digest);
      await expect(
        archive.readFile(largeName, { range: { offset: 0, length: large.length / 2 } }),
      ).rejects.toMatchObject({ path: largeName });
      await client.close();
      for (const file of await filesOf("blocks")) {
        const hash = createHash("sha256")
          .update(await readFile(file))
          .digest("hex");
        expect(path.basename(file)).toBe(hash);
      }
      await expectRange(await newClient().pull(reference), 0, 100);
    } finally {
      await liar.close();
    }
  });

  test("is deleted when it is damaged, and fetched again", async () => {
    const client = newClient();
    await expectRange(await client.pull(reference), deep, 29);
    await client.close();
    const [file = ""] = await filesOf("blocks");
    for (const damage of [Buffer.from("wrong"), randomBytes(4 * mebibyte), randomBytes(5 * mebibyte)]) {
      await writeFile(file, damage);
      const other = newClient();
      const archive = await other.pull(reference);
      asked(archive);
      await expectRange(archive, deep, 29);
      expect(asked(archive).data).toBe(1);
      expect(other.caches.statistics().blocks.failures).toBe(1);
      await other.close();
      expect(
        createHash("sha256")
          .update(await readFile(file))
          .digest("hex"),
      ).toBe(path.basename(file));
    }
  });

  test("is not asked for with skipCache, but is put there", async () => {
    const client = newClient();
    await expectRange(await client.pull(reference), deep, 29);
    await client.caches.flush();
    const archive = await client.pull(reference, { skipCache: true });
    asked(archive);
    await expectRange(archive, deep, 29);
    expect(asked(archive).data).toBe(1);
    await expectRange(archive, 0, 29);
    await client.caches.flush();
    asked(archive);
    await expectRange(await client.pull(reference), 0, 29);
    expect(asked(archive).requests).toBe(0);
  });

  test("is nothing where whole files are read, or blocks are off", async () => {
    const client = newClient();
    await client.extract(reference, path.join(directory, "out"));
    await client.readFiles(reference, [largeName]);
    await client.close();
    expect(await filesOf("blocks")).toEqual([]);
    const off = newClient({ cache: { enabled: { blocks: false } } });
    await expectRange(await off.pull(reference), deep, 29);
    await off.close();
    expect(await filesOf("blocks")).toEqual([]);
  });

  test("stays within the limit of blocks", async () => {
    const client = newClient({ cache: { maxBytes: { blocks: 10 * mebibyte } } });
    const archive = await client.pull(reference);
    for (let i = 0; i < 5; i += 1) await expectRange(archive, i * 4 * mebibyte, 10);
    await client.close();
    const files = await filesOf("blocks");
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThanOrEqual(2);
  });
});

describe("a content that is kept whole", () => {
  test("gives ranges without a request, and without being read whole", async () => {
    const client = newClient();
    await (await client.pull(reference)).readFile(largeName);
    await client.close();
    // The content, and no chunk of it beside.
    expect(await filesOf("content")).toHaveLength(1);
    const offline = newClient({ offline: true });
    const archive = await offline.pull(reference);
    await expectRange(archive, deep, 29);
    expect(offline.caches.statistics().content.bytes).toBe(chunkAt(archive, largeName, deep).size);
    const [offset, length] = [3 * mebibyte, 17 * mebibyte];
    await expectRange(archive, offset, length);
    const streamed = await collect(archive.stream(largeName, { range: { offset, length } }));
    expect(Buffer.compare(streamed, large.subarray(offset, offset + length))).toBe(0);
  });

  test("and is damaged in one place gives the rest, and that comes from the registry", async () => {
    const client = newClient();
    await (await client.pull(reference)).readFile(largeName);
    await client.close();
    const [file = ""] = await filesOf("content");
    const bytes = await readFile(file);
    bytes[deep] = (bytes[deep] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const archive = await newClient().pull(reference);
    asked(archive);
    await expectRange(archive, 100, 29);
    expect(asked(archive).data).toBe(0);
    await expectRange(archive, deep, 29);
    expect(asked(archive).data).toBe(1);
    const [offset, length] = [0, 21 * mebibyte];
    const streamed = await collect(archive.stream(largeName, { range: { offset, length } }));
    expect(Buffer.compare(streamed, large.subarray(offset, offset + length))).toBe(0);
  });

  test("is not kept a second time as chunks, when the file is small enough for that", async () => {
    const source = path.join(directory, "ten");
    const ten = large.subarray(0, 10 * mebibyte);
    await writeTree(source, { "ten.log": ten });
    const client = newClient();
    const there = `${registry.host}/acme/ten:v1`;
    await client.push(there, source);
    expect(Buffer.compare(await (await client.pull(there)).readFile("ten.log"), ten)).toBe(0);
    await client.close();
    expect(await filesOf("content")).toHaveLength(1);
    expect(await filesOf("blocks")).toEqual([]);
  });
});

test("ranges that are none are refused, whatever is kept", async () => {
  const client = newClient();
  const archive = await client.pull(reference);
  await archive.readFile(largeName);
  for (const range of [
    { offset: -1, length: 2 },
    { offset: 0, length: large.length + 1 },
    { offset: large.length, length: 1 },
    { offset: 1, length: large.length },
    { offset: 0.5, length: 1 },
  ]) {
    await expect(archive.readFile(largeName, { range })).rejects.toMatchObject({ code: "InvalidArgument" });
    await expect(collect(archive.stream(largeName, { range }))).rejects.toMatchObject({
      code: "InvalidArgument",
    });
  }
  expect(await archive.readFile(largeName, { range: { offset: 5, length: 0 } })).toHaveLength(0);
  expect(() => archive.stream("nothing", { range: { offset: 0, length: 1 } })).toThrow("nothing");
});

describe("a store that", () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const fails = (): Promise<never> => Promise.reject(new Error("EIO"));
  const stores: Readonly<Record<string, CacheStore>> = {
    fails: { ...createMemoryStore(), open: fails, put: fails, delete: fails },
    "is full": { ...createMemoryStore(), put: () => Promise.reject(new Error("ENOSPC")) },
    "takes nothing and never says so": { ...createMemoryStore(), put: never },
  };

  test.each(Object.entries(stores))("%s: no read fails or waits", async (_, blocks) => {
    const client = newClient({ cache: { stores: { blocks } } });
    const archive = await client.pull(reference);
    for (let i = 0; i < 5; i += 1) await expectRange(archive, i * 4 * mebibyte, 10);
    const all = await archive.readFile(largeName, { range: { offset: 1, length: 9 * mebibyte } });
    expect(Buffer.compare(all, large.subarray(1, 1 + 9 * mebibyte))).toBe(0);
  });
});
