import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createContentCache, createDiskStore } from "@blob/cache";
import { createArchiveFiles, openLocalArchive } from "@blob/format/node";
import { createHttpRegistry, createMemoryRegistry } from "@blob/registry";
import { createRegistryServer } from "@blob/registry/server";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../index.js";

let directory = "";
let reference = "";
const server = createRegistryServer(createMemoryRegistry());
let host = "";

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-using-"));
  await writeTree(path.join(directory, "source"), { "a.txt": "a".repeat(1000) });
  ({ host } = await server.listen());
  reference = `${host}/acme/site:v1`;
  await using client = createClient({ plainHttp: true });
  await client.push(reference, path.join(directory, "source"));
});

afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

interface Closable extends AsyncDisposable {
  close(): Promise<void>;
}

/** Everything that an application gets and has to close: how to get one, and what does not work any more afterwards. */
const closables: Readonly<Record<string, () => Promise<readonly [Closable, use: () => Promise<unknown>]>>> = {
  async "a client"() {
    const client = createClient({ plainHttp: true });
    return [client, () => client.resolve(reference)];
  },
  async "a pulled archive"() {
    const archive = await createClient({ plainHttp: true }).pull(reference);
    return [archive, () => archive.readFile("a.txt")];
  },
  async "a local archive"() {
    const out = await mkdtemp(path.join(directory, "out-"));
    await createArchiveFiles(path.join(directory, "source"), out);
    const archive = await openLocalArchive(out);
    return [archive, () => archive.readFile("a.txt")];
  },
  async "a server that listens"() {
    const listening = await createRegistryServer(createMemoryRegistry()).listen();
    return [listening, () => fetch(`${listening.url}/v2/`)];
  },
  async "what a content cache has"() {
    const content = createContentCache(
      createDiskStore({ directory: path.join(directory, "cache"), maxBytes: 1e6 }),
    );
    const bytes = await readFile(path.join(directory, "source/a.txt"));
    const hash = createHash("sha256").update(bytes).digest();
    await content.put(hash, [bytes]);
    const found = await content.open(hash);
    if (found === undefined) throw new Error("it was just kept");
    return [
      found,
      async () => {
        for await (const chunk of found.read()) expect(chunk.length).toBeGreaterThan(0);
      },
    ];
  },
};

test.each(Object.keys(closables))("`await using` closes %s", async (name) => {
  let use: (() => Promise<unknown>) | undefined;
  {
    const [closable, its] = (await closables[name]?.()) ?? [];
    if (closable === undefined || its === undefined) throw new Error(name);
    await using one = closable;
    expect(one).toHaveProperty("close");
    await its();
    use = its;
  }
  await expect(use()).rejects.toThrow();
});

test("`await using` closes the connections of a registry over HTTP", async () => {
  const other = await startTestRegistry();
  {
    await using registry = createHttpRegistry(other.host, { plainHttp: true });
    await registry.checkAccess();
    expect(await other.connections()).toBe(1);
  }
  await expect.poll(() => other.connections(), { timeout: 30_000 }).toBe(0);
  await other.close();
});

test("`await using` waits for what a server of one's own has under way", async () => {
  const own = createRegistryServer(createMemoryRegistry());
  await own[Symbol.asyncDispose]();
  await own.close();
});
