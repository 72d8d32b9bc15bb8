import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { extractArchive } from "@blob/format/node";
import type { Policy, Registry, Signer } from "@blob/registry";
import { createMemoryRegistry } from "@blob/registry";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Client } from "../index.js";
import { createClient } from "../index.js";

const signer: Signer = {
  name: "a test",
  sign: () => Promise.resolve({ mediaType: "application/x", bytes: Buffer.from("x"), annotations: {} }),
};
const claim = { predicateType: "https://example.com/tested", predicate: {} };
const accepts: Policy = { name: "anything", evaluate: () => Promise.resolve({ ok: true }) };

let directory = "";
let source = "";
let registry: TestRegistry;
let client: Client;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-closing-"));
  source = path.join(directory, "source");
  await writeTree(source, { "a.txt": "a", "empty.txt": "", "large.bin": randomBytes(3_000_000) });
  registry = await startTestRegistry();
  client = createClient({ plainHttp: true });
});

afterEach(async () => {
  await client.close();
  registry.quirks.oneByteAtATime = false;
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

const places: Readonly<Record<string, () => string>> = {
  "a registry": () => `${registry.host}/acme/site:v1`,
  "an OCI layout": () => `oci:${path.join(directory, "layout")}:v1`,
};

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe.each(Object.keys(places))("over %s", (place) => {
  let reference = "";

  beforeEach(async () => {
    reference = places[place]?.() ?? "";
    await client.push(reference, source, { compression: "none", tags: ["v2", "v3"] });
  });

  test("every verb ends with Closed once the client is closed, and asks nothing", async () => {
    const pulled = await client.pull(reference);
    const inspection = await client.inspect(reference);
    await client.close();
    registry.requests.splice(0);
    const tagged = reference.replace("v1", "v4");
    const target = path.join(directory, "target");
    const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
      push: () => client.push(reference, source),
      pushArchive: () => client.pushArchive(tagged, pulled),
      pull: () => client.pull(reference),
      fetch: () => client.fetch(reference),
      inspect: () => client.inspect(reference),
      tag: () => client.tag(reference, tagged),
      resolve: () => client.resolve(reference),
      tags: () => collect(client.tags(reference)),
      copy: () => client.copy(reference, tagged),
      delete: () => client.delete(reference),
      diff: () => client.diff(reference, reference),
      diffDirectory: () => client.diffDirectory(reference, source),
      sync: () => client.sync(reference, target),
      sign: () => client.sign(reference, signer),
      attest: () => client.attest(reference, signer, claim),
      referrers: () => client.referrers(reference),
      verify: () => client.verify(reference, { policies: [accepts] }),
      "referrers of an inspection": () => inspection.referrers(),
    };
    for (const [name, verb] of Object.entries(verbs)) {
      await expect(verb(), name).rejects.toMatchObject({ code: "Closed" });
    }
    expect(registry.requests).toEqual([]);
  });

  test("every read of a pulled archive ends with Closed, look-ups go on", async () => {
    const archive = await client.pull(reference);
    const listed = archive.stream("large.bin")[Symbol.asyncIterator]();
    await listed.next();
    await client.close();
    const { data, contents } = archive;
    const hash = archive.entry("a.txt")?.hash ?? new Uint8Array();
    const reads: Readonly<Record<string, () => Promise<unknown>>> = {
      readFile: () => archive.readFile("a.txt"),
      "readFile of text": () => archive.readFile("a.txt", "utf8"),
      "readFile of nothing": () => archive.readFile("empty.txt"),
      stream: () => collect(archive.stream("a.txt")),
      "stream of nothing": () => collect(archive.stream("empty.txt")),
      "stream that was begun": () => collect({ [Symbol.asyncIterator]: () => listed }),
      data: () => collect(data.read({ offset: 0, length: 1 })),
      contents: () => contents.get(hash, { maxBytes: 10 }),
      extract: () => extractArchive(archive, path.join(directory, "target")),
    };
    for (const [name, read] of Object.entries(reads)) {
      await expect(read(), name).rejects.toMatchObject({ code: "Closed" });
    }
    expect(archive.isFile("a.txt")).toBe(true);
  });

  test("a list that is being iterated ends with Closed", async () => {
    const tags = client.tags(reference)[Symbol.asyncIterator]();
    expect(await tags.next()).toMatchObject({ value: "v1" });
    await client.close();
    await expect(tags.next()).rejects.toMatchObject({ code: "Closed" });
  });

  test("twice is no error", async () => {
    await Promise.all([client.close(), client.close()]);
    await client.close();
  });
});

describe("while something is under way", () => {
  let reference = "";

  beforeEach(async () => {
    reference = `${registry.host}/acme/site:v1`;
    await client.push(reference, source, { compression: "none" });
  });

  /** Resolves when the registry has been asked for something that matches. */
  async function asked(pattern: RegExp, one: TestRegistry = registry): Promise<void> {
    while (!one.requests.some(({ method, path: url }) => pattern.test(`${method} ${url}`))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  test("reads end with Closed, and no socket is left", async () => {
    const archive = await client.pull(reference);
    registry.quirks.oneByteAtATime = true;
    registry.requests.splice(0);
    const reading = archive.readFile("large.bin");
    const streaming = collect(archive.stream("large.bin"));
    await asked(/^GET .*blobs/u);
    const ends = Promise.allSettled([reading, streaming]);
    await client.close();
    expect(await ends).toMatchObject([{ reason: { code: "Closed" } }, { reason: { code: "Closed" } }]);
    await expect.poll(() => registry.connections(), { timeout: 30_000 }).toBe(0);
  });

  test("a push ends with Closed, and has cleaned up when close is done", async () => {
    const temporaryDirectory = path.join(directory, "tmp");
    await mkdir(temporaryDirectory);
    const memory = createMemoryRegistry();
    let release = (): void => undefined;
    const stalled = new Promise<void>((resolve) => {
      release = resolve;
    });
    const pushBlob: Registry["pushBlob"] = async (...its) => {
      await stalled;
      return memory.pushBlob(...its);
    };
    const stalling = await startTestRegistry({ registry: { ...memory, pushBlob } });
    const pushing = client
      .push(`${stalling.host}/acme/site:v1`, source, { temporaryDirectory })
      .catch((error: unknown) => error);
    await asked(/^PUT .*uploads/u, stalling);
    await client.close();
    expect(await readdir(temporaryDirectory)).toEqual([]);
    expect(await pushing).toMatchObject({ code: "Closed" });
    // A server that is busy does not look whether anybody is still there.
    release();
    await expect.poll(() => stalling.connections(), { timeout: 30_000 }).toBe(0);
    await stalling.close();
  });

  test("a policy that closes the client itself does not wait for itself", async () => {
    const closes: Policy = {
      name: "closes",
      async evaluate() {
        await client.close();
        return { ok: true };
      },
    };
    await expect(client.pull(reference, { policies: [closes] })).rejects.toMatchObject({ code: "Closed" });
  });

  test("a policy that asks on after the end opens no connection", async () => {
    let asking: Promise<unknown> | undefined;
    const asksOn: Policy = {
      name: "asks on",
      evaluate({ registry: its, repository }) {
        const closed = client.close();
        asking = closed.then(() => its.resolve(repository, "v1"));
        return asking.then(() => ({ ok: true }) as const);
      },
    };
    await expect(client.pull(reference, { policies: [asksOn] })).rejects.toMatchObject({ code: "Closed" });
    await expect(asking).rejects.toMatchObject({ code: "Closed" });
    await expect.poll(() => registry.connections(), { timeout: 30_000 }).toBe(0);
  });

  test("a signal that aborted first keeps its reason", async () => {
    const controller = new AbortController();
    registry.quirks.oneByteAtATime = true;
    const copying = client.copy(reference, `oci:${path.join(directory, "copy")}:v1`, {
      signal: controller.signal,
    });
    const ended = expect(copying).rejects.toThrow("enough");
    controller.abort(new Error("enough"));
    await client.close();
    await ended;
  });
});
