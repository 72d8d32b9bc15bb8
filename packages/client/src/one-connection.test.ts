import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ClientOptions } from "./index.js";
import { createClient } from "./index.js";

let directory = "";
let registry: TestRegistry;
let reference = "";

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-connections-"));
  const source = path.join(directory, "source");
  await writeTree(source, { "a.txt": "a\n".repeat(3000), "b.txt": "b\n".repeat(3000) });
  registry = await startTestRegistry();
  reference = `${registry.host}/acme/site:v1`;
  await using pusher = createClient({ plainHttp: true });
  await pusher.push(reference, source);
  registry.requests.splice(0);
});

afterEach(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** How many requests there were, and over how many connections. Tokens are given by another service. */
function seen(): { readonly requests: number; readonly connections: number } {
  const requests = registry.requests.filter(({ path: asked }) => !asked.startsWith("/token"));
  return {
    requests: requests.length,
    connections: new Set(requests.map(({ connection }) => connection)).size,
  };
}

test.each<[string, () => ClientOptions]>([
  ["without caches", () => ({})],
  ["with caches on disk", () => ({ cache: path.join(directory, "cache") })],
  ["with no cache at all", () => ({ cache: { enabled: { manifests: false } } })],
])("what is asked one after another goes over one connection, %s", async (_name, options) => {
  await using client = createClient({ plainHttp: true, ...options() });
  await using archive = await client.pull(reference);
  expect(seen()).toEqual({ requests: 2, connections: 1 });
  expect(await archive.readFile("a.txt")).toHaveLength(6000);
  expect(await archive.readFile("b.txt")).toHaveLength(6000);
  expect(seen()).toEqual({ requests: expect.any(Number) as number, connections: 1 });
});

test("so do refusals, and what is asked after them", async () => {
  registry.quirks.tokenAuth = { uses: 2 };
  await using client = createClient({ plainHttp: true, cache: { enabled: { manifests: false } } });
  await client.inspect(reference);
  const missing = `${registry.host}/acme/site:none`;
  await expect(client.inspect(missing)).rejects.toMatchObject({ code: "NotFound" });
  await client.inspect(reference);
  expect(seen().connections).toBe(1);
});

test("there are no more connections than requests at the same time", async () => {
  await using client = createClient({ plainHttp: true });
  await using archive = await client.pull(reference);
  await Promise.all(["a.txt", "b.txt"].map((name) => archive.readFile(name)));
  expect(seen().connections).toBeLessThanOrEqual(2);
});
