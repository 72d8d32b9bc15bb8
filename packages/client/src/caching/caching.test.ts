import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { CacheStore } from "@blob/cache";
import { createMemoryStore } from "@blob/cache";
import { extractArchive } from "@blob/format/node";
import type { Policy, Signer } from "@blob/registry";
import { sha256Digest } from "@blob/registry";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CachesOptions, Client, ClientOptions, StaleReference } from "../index.js";
import { createClient } from "../index.js";

const minute = 60_000;
let directory = "";
let source = "";
let registry: TestRegistry;
let reference = "";
let cacheDir = "";
let now = 0;
let pusher: Client;
const clients: Client[] = [];

interface NewClient extends Omit<ClientOptions, "cache"> {
  readonly cache?: CachesOptions;
}

/** Another client, as in another process: it shares nothing but the cache directory. */
function newClient({ cache, ...options }: NewClient = {}): Client {
  const client = createClient({
    plainHttp: true,
    cache: { directory: cacheDir, now: () => now, ...cache },
    ...options,
  });
  clients.push(client);
  return client;
}

/** What another client fetched is in the cache when that one is closed. */
async function warm(options: NewClient = {}, ...files: readonly string[]): Promise<void> {
  await using client = newClient(options);
  const archive = await client.pull(reference);
  for (const file of files) await archive.readFile(file);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

function requests(): string[] {
  return registry.requests
    .splice(0)
    .map(({ method, path: url }) => `${method} ${url.replace(/^\/v2\/acme\/site\//u, "")}`);
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-caching-"));
  source = path.join(directory, "source");
  const many = Array.from({ length: 100 }, (_, i) => [`many/${i}.txt`, `file ${i}`] as const);
  await writeTree(source, {
    ...Object.fromEntries(many),
    "config.json": "{}".padEnd(5000),
    "large.bin": randomBytes(1_000_000),
  });
});

afterAll(() => rm(directory, { recursive: true, force: true }));

beforeEach(async () => {
  registry = await startTestRegistry();
  reference = `${registry.host}/acme/site:v1`;
  cacheDir = await mkdtemp(path.join(directory, "cache-"));
  now = Date.parse("2026-01-01");
  pusher = createClient({ plainHttp: true });
  clients.push(pusher);
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await registry.close();
});

describe("a warm cache", () => {
  test("makes a re-read cost no request, in another client too", async () => {
    await pusher.push(reference, source);
    const cold = newClient();
    await (await cold.pull(reference)).readFile("config.json");
    await cold.close();
    requests();
    const archive = await newClient().pull(reference);
    expect((await archive.readFile("config.json")).length).toBe(5000);
    expect(requests()).toEqual([]);
  });

  test("costs one HEAD when the tag's time to live has run out", async () => {
    await pusher.push(reference, source);
    await warm();
    requests();
    now += 6 * minute;
    const client = newClient();
    await client.pull(reference);
    expect(requests()).toEqual(["HEAD manifests/v1"]);
    await client.pull(reference);
    expect(requests()).toEqual([]);
  });

  test("finds a tag that moved when its time to live has run out, and with skipCache before", async () => {
    await pusher.push(reference, source);
    const client = newClient();
    const old = await client.fetch(reference);
    const { descriptor } = await pusher.push(reference, path.join(source, "many"));
    expect((await client.fetch(reference)).descriptor).toEqual(old.descriptor);
    expect((await client.fetch(reference, { skipCache: true })).descriptor).toEqual(descriptor);
    expect((await client.fetch(reference)).descriptor).toEqual(descriptor);
    await pusher.push(reference, source, { created: new Date(0) });
    now += 6 * minute;
    requests();
    expect((await client.fetch(reference)).created).toBe("1970-01-01T00:00:00Z");
    expect(requests()[0]).toBe("HEAD manifests/v1");
  });

  test("with skipCache takes nothing out", async () => {
    const { index, data } = await pusher.push(reference, source);
    const client = newClient();
    await (await client.pull(reference)).readFile("config.json");
    requests();
    await (await client.pull(reference, { skipCache: true })).readFile("config.json");
    expect(requests()).toEqual(["GET manifests/v1", `GET blobs/${index.digest}`, `GET blobs/${data.digest}`]);
  });

  test("serves neighbours from the blocks that were read", async () => {
    await pusher.push(reference, source);
    const archive = await newClient().pull(reference);
    await archive.readFile("many/1.txt");
    requests();
    for (let i = 0; i < 100; i += 1) await archive.readFile(`many/${i}.txt`);
    expect(requests()).toEqual([]);
  });

  test("is asked by its statistics", async () => {
    await pusher.push(reference, source);
    const client = newClient();
    await client.pull(reference);
    await client.pull(reference);
    expect(client.caches.statistics()).toMatchObject({ indexes: { hits: 1, misses: 1 } });
  });
});

test("a directory of a hundred neighbouring files is one range", async () => {
  const { data } = await pusher.push(reference, source);
  const archive = await newClient().pull(reference);
  requests();
  const { files } = await extractArchive(archive, path.join(directory, "out"), { directory: "many" });
  expect(files).toBe(100);
  expect(requests()).toEqual([`GET blobs/${data.digest}`]);
});

test("concurrent pulls are one request for the manifest and one for the index", async () => {
  const { index } = await pusher.push(reference, source);
  requests();
  const client = newClient();
  const pulls = Array.from({ length: 10 }, () => client.pull(reference));
  await Promise.all(pulls);
  expect(requests()).toEqual(["GET manifests/v1", `GET blobs/${index.digest}`]);
});

test("a caller that leaves does not take the request of others with it", async () => {
  await pusher.push(reference, source);
  const client = newClient();
  const controller = new AbortController();
  const leaving = client.fetch(reference, { signal: controller.signal });
  const staying = client.fetch(reference);
  controller.abort(new Error("enough"));
  await expect(leaving).rejects.toThrow("enough");
  expect((await staying).index.size).toBeGreaterThan(0);
});

describe("what is known about tags", () => {
  test("follows a push, a tag and a delete", async () => {
    const client = newClient();
    await client.push(reference, source);
    const second = await client.push(reference, path.join(source, "many"));
    requests();
    expect((await client.fetch(reference)).descriptor).toEqual(second.descriptor);
    expect(requests()).toEqual([]);
    const stable = reference.replace("v1", "stable");
    await client.tag(reference, stable);
    requests();
    expect((await client.fetch(stable)).descriptor).toEqual(second.descriptor);
    expect(requests()).toEqual([]);
    await client.delete(`${registry.host}/acme/site@${second.descriptor.digest}`);
    for (const gone of [reference, stable]) {
      await expect(client.fetch(gone)).rejects.toMatchObject({ code: "NotFound" });
    }
  });

  test("is not believed by verbs that write what they read", async () => {
    const client = newClient();
    await client.push(reference, source);
    const { descriptor } = await pusher.push(reference, path.join(source, "many"));
    const tagged = await client.tag(reference, reference.replace("v1", "stable"));
    expect(tagged.digest).toBe(descriptor.digest);
  });
});

describe("policies", () => {
  const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
  const signer: Signer = {
    name: "a test",
    sign: ({ descriptor }) =>
      Promise.resolve({ mediaType: bundleType, bytes: Buffer.from(descriptor.digest), annotations: {} }),
  };
  /** Reads bundles as a policy for signatures does. */
  const isSigned: Policy = {
    name: "signed",
    async evaluate({ registry: reading, repository, manifest }, options = {}) {
      const subject = manifest.descriptor.digest;
      for await (const { digest } of reading.referrers(repository, subject, {
        ...options,
        artifactType: bundleType,
      })) {
        const referrer = await reading.manifest(repository, digest, { ...options, maxBytes: 100_000 });
        const { layers } = JSON.parse(Buffer.from(referrer.bytes).toString()) as {
          layers: [Parameters<typeof reading.readBlob>[1]];
        };
        const chunks = [];
        for await (const chunk of reading.readBlob(repository, layers[0], options)) chunks.push(chunk);
        if (Buffer.concat(chunks).toString() === subject) return { ok: true };
      }
      return { ok: false, reasons: [{ policy: "signed", message: "nobody signed it" }] };
    },
  };

  test("add three requests to a cold pull, and none to a warm one", async () => {
    await pusher.sign(await pusher.push(reference, source), signer);
    requests();
    await warm({ policies: [isSigned] });
    expect(requests()).toHaveLength(5);
    await warm({ policies: [isSigned] });
    expect(requests()).toEqual([]);
    expect(await newClient().verify(reference, { policies: [isSigned] })).toMatchObject({ ok: true });
    expect(requests()).toEqual([]);
  });

  test("that look further find what was attached since, and remember what they found there", async () => {
    const older = "application/vnd.dev.sigstore.bundle+json;version=0.3";
    const wanted = { artifactType: bundleType, equivalentTypes: [older] };
    const looksFurther: Policy = {
      name: "signed, by an older name",
      async evaluate({ registry: reading, repository, manifest }, options = {}) {
        const subject = manifest.descriptor.digest;
        for (const exhaustive of [false, true]) {
          const call = { ...options, ...wanted, exhaustive };
          for await (const { artifactType } of reading.referrers(repository, subject, call)) {
            if (artifactType === older) return { ok: true };
          }
        }
        return { ok: false, reasons: [{ policy: "signed", message: "nobody signed it" }] };
      },
    };
    const sign = async (mediaType: string, text: string): Promise<void> => {
      const attachment = { mediaType, bytes: Buffer.from(text), annotations: {} };
      await pusher.sign(reference, { name: "a test", sign: () => Promise.resolve(attachment) });
    };
    const reads = (policies: readonly Policy[]): Promise<void> => warm({ policies });
    await pusher.push(reference, source);
    await sign(bundleType, "junk");
    await expect(reads([looksFurther])).rejects.toMatchObject({ code: "PolicyViolation" });
    await sign(older, "good");
    await reads([looksFurther]);
    requests();
    await reads([looksFurther]);
    expect(requests()).toEqual([]);
  });

  test("add four requests where the registry has no referrers API, and none when warm", async () => {
    registry.quirks.noReferrersApi = true;
    const { descriptor } = await pusher.push(reference, source);
    await pusher.sign(reference, signer);
    requests();
    await warm({ policies: [isSigned] });
    const cold = requests();
    expect(cold).toHaveLength(6);
    // Beside manifest and index: that there is no API; the fallback tag, and what it lists; the bundle.
    expect(cold.filter((one) => one.startsWith("GET referrers/"))).toHaveLength(1);
    expect(cold.filter((one) => one.startsWith("GET manifests/"))).toHaveLength(3);
    expect(cold).toContain(`GET manifests/${descriptor.digest.replace(":", "-")}`);
    await warm({ policies: [isSigned] });
    expect(requests()).toEqual([]);
  });

  test("are asked on cache hits too", async () => {
    await pusher.push(reference, source);
    await warm();
    const refuses: Policy = { name: "no", evaluate: () => Promise.resolve({ ok: false, reasons: [] }) };
    await expect(newClient({ policies: [refuses] }).pull(reference)).rejects.toMatchObject({
      code: "PolicyViolation",
    });
  });

  test("see a signature that was made after they refused, by this client or another", async () => {
    const pushed = await pusher.push(reference, source);
    await pusher.attest(
      pushed,
      {
        ...signer,
        sign: async () => ({ mediaType: bundleType, bytes: Buffer.from("other"), annotations: {} }),
      },
      { predicateType: "x", predicate: {} },
    );
    const client = newClient({ policies: [isSigned] });
    await expect(client.pull(reference)).rejects.toMatchObject({ code: "PolicyViolation" });
    await pusher.sign(pushed, signer);
    await client.pull(reference);
  });
});

describe("offline", () => {
  test("what is in the caches can be read, by tags whose time has run out too", async () => {
    const { descriptor } = await pusher.push(reference, source);
    await warm({}, "config.json");
    await registry.close();
    now += 60 * minute;
    const stale: StaleReference[] = [];
    const offline = newClient({ offline: true, onStale: (one) => stale.push(one) });
    const archive = await offline.pull(reference);
    expect((await archive.readFile("config.json")).length).toBe(5000);
    expect((await offline.resolve(reference)).digest).toBe(descriptor.digest);
    expect(stale[0]).toMatchObject({ reference, digest: descriptor.digest, storedAt: now - 60 * minute });
  });

  test("what is missing is named", async () => {
    const { data } = await pusher.push(reference, source);
    const offline = newClient({ offline: true });
    await expect(offline.pull(reference)).rejects.toMatchObject({ code: "Offline", reference });
    await warm();
    const archive = await offline.pull(reference);
    await expect(archive.readFile("large.bin")).rejects.toMatchObject({
      code: "Offline",
      digest: data.digest,
    });
    requests();
    for (const call of [
      () => offline.push(reference, source),
      () => offline.resolve(`${registry.host}/acme/other:v1`),
      () => offline.referrers(reference),
      () => offline.delete(reference),
      () => offline.copy(reference, `${registry.host}/acme/other:v1`),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "Offline" });
    }
    await expect(offline.tags(reference)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "Offline",
    });
    expect(requests()).toEqual([]);
  });

  test("layouts work as always", async () => {
    const layout = `oci:${path.join(directory, "layout")}:v1`;
    await newClient({ offline: true }).push(layout, source);
    expect((await newClient({ offline: true }).pull(layout)).entryCount).toBe(102);
  });
});

describe("blocks that were wrong when they came", () => {
  /** Another registry with the same manifests and blobs, that answers with wrong bytes for some. */
  async function lying(digest: string): Promise<string> {
    const liar = await startTestRegistry({ registry: registry.registry });
    liar.damage(digest);
    liars.push(liar);
    return `${liar.host}/acme/site:v1`;
  }
  const liars: TestRegistry[] = [];
  const enabled = { content: false };

  afterEach(async () => {
    for (const liar of liars.splice(0)) await liar.close();
  });

  test("do not spoil the same archive in another registry", async () => {
    const { data } = await pusher.push(reference, source, { compression: "none" });
    const client = newClient({ cache: { enabled } });
    const wrong = await client.pull(await lying(data.digest));
    await expect(wrong.readFile("config.json")).rejects.toMatchObject({ code: "HashMismatch" });
    const streamed = (await client.pull(await lying(data.digest))).stream("config.json");
    await expect(collect(streamed)).rejects.toMatchObject({ code: "HashMismatch" });
    const target = path.join(directory, "not spoiled");
    const archive = await client.pull(reference);
    expect((await extractArchive(archive, target)).files).toBe(102);
  });

  test.each(["readFile", "stream"] as const)("are read anew: %s", async (how) => {
    const { data } = await pusher.push(reference, source, { compression: "none" });
    let isWrong = true;
    const { readBlob } = registry.registry;
    const flaky = await startTestRegistry({
      registry: {
        ...registry.registry,
        async *readBlob(repository, blob, options) {
          for await (const chunk of readBlob(repository, blob, options)) {
            yield isWrong && blob.digest === data.digest ? new Uint8Array(chunk.length) : chunk;
          }
        },
      },
    });
    liars.push(flaky);
    const there = `${flaky.host}/acme/site:v1`;
    const archive = await newClient({ cache: { enabled } }).pull(there);
    const read = async (): Promise<number> => {
      if (how === "readFile") return (await archive.readFile("config.json")).length;
      let size = 0;
      for await (const chunk of archive.stream("config.json")) size += chunk.length;
      return size;
    };
    await expect(read()).rejects.toMatchObject({ code: "HashMismatch" });
    isWrong = false;
    expect(await read()).toBe(5000);
    // What a process before this one kept is no better.
    const other = await newClient({ cache: { enabled } }).pull(there);
    expect((await other.readFile("config.json")).length).toBe(5000);
  });
});

test("a manifest that was pushed is not said to be missing because of what a cache does", async () => {
  const controller = new AbortController();
  const memory = createMemoryStore();
  const refs: CacheStore = {
    ...memory,
    async put(...its) {
      controller.abort(new Error("too late"));
      return memory.put(...its);
    },
  };
  const client = newClient({ cache: { directory: undefined, stores: { refs } } });
  const { descriptor } = await client.push(reference, source, { signal: controller.signal });
  expect((await registry.registry.resolve("acme/site", "v1")).digest).toBe(descriptor.digest);
});

describe("a cache that fails", () => {
  const broken: CacheStore = {
    open: () => Promise.reject(new Error("EIO")),
    put: () => Promise.reject(new Error("ENOSPC")),
    delete: () => Promise.reject(new Error("EACCES")),
    entries: () => {
      throw new Error("EIO");
    },
  };

  test("never fails a read", async () => {
    await pusher.push(reference, source);
    const stores = { refs: broken, manifests: broken, indexes: broken, content: broken, blocks: broken };
    const client = newClient({ cache: { directory: undefined, stores } });
    const archive = await client.pull(reference);
    expect((await archive.readFile("large.bin")).length).toBe(1_000_000);
    expect(client.caches.statistics().manifests.failures).toBeGreaterThan(0);
  });

  test("because its directory is not one, or may not be written to, neither", async () => {
    await pusher.push(reference, source);
    const file = path.join(directory, "file");
    await writeFile(file, "");
    expect(
      (await (await newClient({ cache: { directory: file } }).pull(reference)).readFile("config.json"))
        .length,
    ).toBe(5000);
    await chmod(cacheDir, 0o555);
    await (await newClient().pull(reference)).readFile("config.json");
  });

  test("because its entries were damaged gives way to the registry, and heals", async () => {
    const { descriptor } = await pusher.push(reference, source);
    await warm({}, "config.json");
    for (const entry of await readdir(cacheDir, { recursive: true, withFileTypes: true })) {
      const name = path.join(entry.parentPath, entry.name);
      if (entry.isFile() && !entry.name.startsWith(".")) await writeFile(name, randomBytes(100));
    }
    const healing = newClient();
    const archive = await healing.pull(reference);
    expect(sha256Digest(archive.manifest.bytes)).toBe(descriptor.digest);
    expect((await archive.readFile("config.json")).length).toBe(5000);
    await healing.close();
    requests();
    await (await newClient().pull(reference)).readFile("config.json");
    expect(requests()).toEqual([]);
  });
});

test("without a cache directory a tag is always looked up, and manifests are remembered", async () => {
  await pusher.push(reference, source);
  await pusher.fetch(reference);
  const { descriptor } = await newClient().push(reference, path.join(source, "many"));
  expect((await pusher.fetch(reference)).descriptor).toEqual(descriptor);
});
