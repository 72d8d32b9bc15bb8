import { getEventListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Policy } from "@blob/registry";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client, ClientOptions } from "./index.js";
import { createClient } from "./index.js";

const width = 64;
const names = Array.from({ length: width }, (_, i) => `f${i}.txt`);
const clients: Client[] = [];
const warnings: string[] = [];
const onWarning = ({ name, stack }: Error): void => void warnings.push(`${name}: ${stack ?? ""}`);
let directory = "";
let registry: TestRegistry;
let reference = "";

function newClient(options: ClientOptions = {}): Client {
  const client = createClient({ plainHttp: true, ...options });
  clients.push(client);
  return client;
}

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-parallel-"));
  const source = path.join(directory, "source");
  await writeTree(source, Object.fromEntries(names.map((name) => [name, `${name}\n`.repeat(3000)])));
  registry = await startTestRegistry();
  reference = `${registry.host}/acme/site:v1`;
  await newClient().push(reference, source, { compression: "none" });
  warnings.splice(0);
  process.on("warning", onWarning);
});

afterEach(async () => {
  process.off("warning", onWarning);
  for (const client of clients.splice(0)) await client.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** Node emits warnings in a later turn. */
async function emitted(): Promise<readonly string[]> {
  await new Promise((resolve) => setImmediate(resolve));
  return warnings;
}

test.each([
  ["without a cache", false, false],
  ["without a cache, for one signal", false, true],
  ["with caches", true, false],
  ["with caches, for one signal", true, true],
] as const)("64 reads of one archive at once are no leak, %s", async (_name, isCached, hasSignal) => {
  const client = newClient(isCached ? { cache: path.join(directory, "cache") } : {});
  const options = hasSignal ? { signal: new AbortController().signal } : {};
  const archive = await client.pull(reference, options);
  const read = await Promise.all(names.map((name) => archive.readFile(name, options)));
  expect(read.every(({ length }) => length > 0)).toBe(true);
  await Promise.all(
    names.map(async (name) => {
      for await (const chunk of archive.stream(name, options)) expect(chunk.length).toBeGreaterThan(0);
    }),
  );
  expect(await emitted()).toEqual([]);
});

/** A signal, and how many listeners it had at most. */
function watchedSignal(): { readonly signal: AbortSignal; most(this: void): number } {
  const { signal } = new AbortController();
  let most = 0;
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    add(...args);
    most = Math.max(most, getEventListeners(signal, "abort").length);
  };
  return { signal, most: () => most };
}

test.each([
  ["without a cache", { caches: false }],
  ["with caches", { caches: true }],
])("any number of reads listen to a caller's signal once, %s", async (_name, { caches }) => {
  const client = newClient(caches ? { cache: path.join(directory, "cache") } : {});
  const archive = await client.pull(reference);
  const { signal, most } = watchedSignal();
  await Promise.all(names.map((name) => archive.readFile(name, { signal })));
  await Promise.all(
    names.map(async (name) => {
      for await (const chunk of archive.stream(name, { signal })) expect(chunk.length).toBeGreaterThan(0);
    }),
  );
  expect([most(), getEventListeners(signal, "abort").length]).toEqual([1, 0]);
});

test("64 verbs at once with one signal are no leak", async () => {
  const client = newClient();
  const { signal } = new AbortController();
  const times = Array.from({ length: width });
  await Promise.all(times.map(() => client.pull(reference, { signal })));
  await Promise.all(times.map(() => client.resolve(reference, { signal, skipCache: true })));
  await Promise.all(times.map(() => client.referrers(reference, { signal })));
  expect(await emitted()).toEqual([]);
});

test("64 policies that each wait for the signal are no leak", async () => {
  const waits: Policy = {
    name: "waits",
    evaluate(_subject, { signal } = {}) {
      signal?.addEventListener("abort", () => undefined);
      return Promise.resolve({ ok: true });
    },
  };
  await newClient().verify(reference, {
    policies: Array.from({ length: width }, () => waits),
    signal: new AbortController().signal,
  });
  expect(await emitted()).toEqual([]);
});

test("each of many reads with one signal stops with its reason", async () => {
  const archive = await newClient().pull(reference);
  registry.quirks.oneByteAtATime = true;
  const controller = new AbortController();
  const reads = names.map((name) => archive.readFile(name, { signal: controller.signal }));
  setImmediate(() => controller.abort(new Error("enough")));
  const ends = await Promise.allSettled(reads);
  expect(ends.map((end) => (end.status === "rejected" ? String(end.reason) : end.status))).toEqual(
    names.map(() => "Error: enough"),
  );
});
