// Whoever is in between decides what plain HTTP and unverified TLS say: nothing of it is believed over verified TLS.
import { readFileSync } from "node:fs";
import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createCaches } from "@blob/cache";
import type { Policy } from "@blob/registry";
import { createMemoryRegistry } from "@blob/registry";
import type { TcpFront, TestRegistry } from "@blob/testing";
import { startTcpFront, startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withManifestCaches } from "./caching/caching-registry.js";
import type { Client, ClientOptions } from "./index.js";
import { createClient } from "./index.js";
import { createSharedReads } from "./caching/shared-reads.js";

const pem = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, "../../registry/fixtures/tls", name), "utf8");
const verified = { http: { tls: { ca: pem("ca.pem") } } };
/** Who fills the registries leaves nothing in the cache of who reads from them. */
const publisher: ClientOptions = { plainHttp: true, cache: undefined };
const unsafe: readonly (readonly [string, ClientOptions])[] = [
  ["plain HTTP", { plainHttp: true }],
  ["unverified TLS", { http: { tls: { insecure: true } } }],
  ["unverified TLS, with the authority", { http: { tls: { ca: pem("ca.pem"), insecure: true } } }],
];

let directory = "";
let honest: TestRegistry;
let evil: TestRegistry;
const closing: (() => Promise<unknown>)[] = [];

/** In front of a registry, at a port that may have led to another one before. */
async function startFront(to: TestRegistry, isTls: boolean, port = 0): Promise<TcpFront> {
  const tls = isTls ? { cert: pem("server.pem"), key: pem("server.key") } : undefined;
  const front = await startTcpFront(to.host, { tls, port });
  closing.push(() => front.close());
  return front;
}

async function withClient<T>(options: ClientOptions, use: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient({ cache: path.join(directory, "cache"), ...options });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Reads from who is in between, then lets the same host and port lead to the registry itself. */
async function readBoth<T>(
  way: ClientOptions,
  use: (client: Client, host: string) => Promise<T>,
): Promise<readonly [T, T]> {
  const between = await startFront(evil, way.plainHttp !== true);
  const { host } = between;
  const first = await withClient(way, (client) => use(client, host));
  await between.close();
  await startFront(honest, true, between.port);
  const second = await withClient(verified, (client) => use(client, host));
  // What is vouched for is remembered as ever.
  honest.requests.splice(0);
  expect(await withClient(verified, (client) => use(client, host))).toEqual(second);
  expect(honest.requests).toEqual([]);
  return [first, second];
}

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-transport-"));
  honest = await startTestRegistry();
  evil = await startTestRegistry();
  closing.push(
    () => honest.close(),
    () => evil.close(),
  );
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await rm(directory, { recursive: true, force: true });
});

async function push(to: TestRegistry, text: string): Promise<string> {
  const source = path.join(directory, "source");
  await writeTree(source, { "a.txt": text });
  await utimes(path.join(source, "a.txt"), 0, 1);
  return withClient(publisher, async (client) => {
    const options = { created: new Date(0), compression: "none" } as const;
    const { descriptor, data } = await client.push(`${to.host}/acme/site:v1`, source, options);
    if (to === evil) evil.damage(data.digest);
    return descriptor.digest;
  });
}

describe.each(unsafe)("read over %s, and then over verified TLS", (_, way) => {
  test("a tag is asked for again", async () => {
    const [digest, evilDigest] = [await push(honest, "honest"), await push(evil, "EVIL")];
    const resolve = async (client: Client, host: string): Promise<string> =>
      (await client.fetch(`${host}/acme/site:v1`)).descriptor.digest;
    expect(await readBoth(way, resolve)).toEqual([evilDigest, digest]);
  });

  test("a range of a file is asked for again, when both serve the very same manifest", async () => {
    const digest = await push(honest, "honest, all of it");
    expect(await push(evil, "honest, all of it")).toBe(digest);
    // Of a part of a file nobody has a digest.
    const range = { offset: 0, length: 6 };
    const read = async (client: Client, host: string): Promise<string> => {
      const archive = await client.pull(`${host}/acme/site@${digest}`);
      return Buffer.from(await archive.readFile("a.txt", { range })).toString();
    };
    expect(await readBoth(way, read)).toEqual(["ionest", "honest"]);
  });

  test("a list of referrers is asked for again", async () => {
    const digest = await push(honest, "honest");
    expect(await push(evil, "honest")).toBe(digest);
    const type = "application/vnd.example.signature";
    for (const [to, name] of [
      [evil, "forged"],
      [honest, "real"],
    ] as const) {
      const sign = async () => ({ mediaType: type, bytes: Buffer.from(name), annotations: { name } });
      const reference = `${to.host}/acme/site@${digest}`;
      await withClient(publisher, (client) => client.sign(reference, { name, sign }));
    }
    const seen: string[] = [];
    const lists: Policy = {
      name: "lists",
      async evaluate({ registry, repository, manifest }) {
        for await (const one of registry.referrers(repository, manifest.descriptor.digest)) {
          seen.push(one.annotations?.["name"] ?? "");
        }
        return { ok: true };
      },
    };
    await readBoth(way, async (client, host) => {
      await client.verify(`${host}/acme/site@${digest}`, { policies: [lists] });
    });
    expect(seen).toEqual(["forged", "real", "real"]);
  });

  test("a tag is not known to an offline client", async () => {
    await push(evil, "EVIL");
    const front = await startFront(evil, way.plainHttp !== true);
    const reference = `127.0.0.1:${front.port}/acme/site:v1`;
    await withClient(way, (client) => client.fetch(reference));
    const offline = { ...verified, offline: true };
    await expect(withClient(offline, (client) => client.fetch(reference))).rejects.toMatchObject({
      code: "Offline",
    });
  });
});

test("nobody joins a request of another trust domain, or gets what it brings", async () => {
  const [one, other] = [createMemoryRegistry(), createMemoryRegistry()];
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifestOf = (note: string): { mediaType: string; bytes: Uint8Array } => ({
    mediaType,
    bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, annotations: { note } })),
  });
  await one.pushManifest("acme/site", manifestOf("one"), { tag: "v1" });
  await other.pushManifest("acme/site", manifestOf("other"), { tag: "v1" });
  const options = { caches: createCaches(), shared: createSharedReads(), scope: "", onStale: undefined };
  const views = [
    withManifestCaches(one, { ...options, trustDomain: "http://registry.example" }),
    withManifestCaches(other, { ...options, trustDomain: "https://registry.example" }),
  ];
  const manifests = await Promise.all(views.map((view) => view.manifest("acme/site", "v1")));
  expect(manifests.map(({ bytes }) => Buffer.from(bytes))).toEqual([
    manifestOf("one").bytes,
    manifestOf("other").bytes,
  ]);
  const resolved = await Promise.all(views.map((view) => view.resolve("acme/site", "v1")));
  expect(resolved.map(({ digest }) => digest)).toEqual(manifests.map(({ descriptor }) => descriptor.digest));
});
