import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeTree } from "@blob/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Client, ClientOptions, Policy, Registry, Signer } from "./index.js";
import { createClient, createMemoryRegistry } from "./index.js";

const reference = "one.example/acme/site:v1";
const clients: Client[] = [];
let directory = "";
let source = "";

function newClient(options: ClientOptions): Client {
  const client = createClient(options);
  clients.push(client);
  return client;
}

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-own-registry-"));
  source = path.join(directory, "source");
  await writeTree(source, { "a.txt": "one", "css/b.css": "p {}" });
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await rm(directory, { recursive: true, force: true });
});

/** Any string as an attachment: what a signer makes is not looked at here. */
const signer: Signer = {
  name: "mark",
  sign: () =>
    Promise.resolve({
      mediaType: "application/x.mark",
      bytes: new TextEncoder().encode("ok"),
      annotations: {},
    }),
};

const isMarked: Policy = {
  name: "marked",
  async evaluate({ registry, repository, manifest }) {
    for await (const one of registry.referrers(repository, manifest.descriptor.digest))
      if (one.artifactType === "application/x.mark") return { ok: true };
    return { ok: false, reasons: [{ policy: "marked", message: "it has no mark" }] };
  },
};

/** The same registry as an object whose methods are its class's. */
class OwnRegistry {
  readonly id: string;
  readonly #inner: Registry;
  constructor(inner: Registry) {
    this.id = inner.id;
    this.#inner = inner;
  }
  resolve(...call: Parameters<Registry["resolve"]>): ReturnType<Registry["resolve"]> {
    return this.#inner.resolve(...call);
  }
  manifest(...call: Parameters<Registry["manifest"]>): ReturnType<Registry["manifest"]> {
    return this.#inner.manifest(...call);
  }
  statBlob(...call: Parameters<Registry["statBlob"]>): ReturnType<Registry["statBlob"]> {
    return this.#inner.statBlob(...call);
  }
  readBlob(...call: Parameters<Registry["readBlob"]>): ReturnType<Registry["readBlob"]> {
    return this.#inner.readBlob(...call);
  }
  pushBlob(...call: Parameters<Registry["pushBlob"]>): ReturnType<Registry["pushBlob"]> {
    return this.#inner.pushBlob(...call);
  }
  pushManifest(...call: Parameters<Registry["pushManifest"]>): ReturnType<Registry["pushManifest"]> {
    return this.#inner.pushManifest(...call);
  }
  tags(...call: Parameters<Registry["tags"]>): ReturnType<Registry["tags"]> {
    return this.#inner.tags(...call);
  }
  referrers(...call: Parameters<Registry["referrers"]>): ReturnType<Registry["referrers"]> {
    return this.#inner.referrers(...call);
  }
  deleteManifest(...call: Parameters<Registry["deleteManifest"]>): ReturnType<Registry["deleteManifest"]> {
    return this.#inner.deleteManifest(...call);
  }
  deleteBlob(...call: Parameters<Registry["deleteBlob"]>): ReturnType<Registry["deleteBlob"]> {
    return this.#inner.deleteBlob(...call);
  }
}

describe("a client over a registry of the caller's", () => {
  test.each([
    ["a plain object", (registry: Registry): Registry => registry],
    ["of a class", (registry: Registry): Registry => new OwnRegistry(registry)],
  ])("%s: push, read, sign, policies and caches work without a port", async (_name, as) => {
    const registry = as(createMemoryRegistry());
    const client = newClient({ registry, cache: path.join(directory, "cache") });
    const pushed = await client.push(reference, source);
    await expect(client.pull(reference, { policies: [isMarked] })).rejects.toMatchObject({
      code: "PolicyViolation",
    });
    await client.sign(pushed, signer);
    const archive = await client.pull(reference, { policies: [isMarked] });
    expect(await archive.readFile("a.txt", "utf8")).toBe("one");
    expect(await archive.readFile("a.txt", "utf8")).toBe("one");
    expect(client.caches.statistics().content.hits).toBe(1);
    expect(await client.verify(reference, { policies: [isMarked] })).toMatchObject({ ok: true });
  });

  test("it answers for every host, offline too, and stays the caller's", async () => {
    const registry = createMemoryRegistry();
    const client = createClient({ registry, offline: true });
    await client.push(reference, source);
    expect((await client.resolve("two.example/acme/site:v1")).digest).toMatch(/^sha256:/u);
    await client.close();
    expect(await registry.resolve("acme/site", "v1")).toMatchObject({ size: expect.any(Number) });
    await expect(client.pull(reference)).rejects.toMatchObject({ code: "Closed" });
  });

  test("a function decides by the host", async () => {
    const registries = new Map([
      ["one.example", createMemoryRegistry()],
      ["two.example", createMemoryRegistry()],
    ]);
    const client = newClient({ registry: (host) => registries.get(host), offline: true });
    await client.push(reference, source);
    const { descriptor } = await client.copy(reference, "two.example/acme/mirror:v1");
    expect(await registries.get("two.example")?.resolve("acme/mirror", "v1")).toMatchObject({
      digest: descriptor.digest,
    });
    // For others the client is what it always is.
    await expect(client.pull("three.example/acme/site:v1")).rejects.toMatchObject({ code: "Offline" });
  });

  test("what its tags point to is not believed of the real one, nor of another one, that share a cache", async () => {
    const cache = path.join(directory, "cache");
    const first = newClient({ registry: createMemoryRegistry(), cache });
    await first.push(reference, source);
    await first.pull(reference);
    await expect(newClient({ cache, offline: true }).pull(reference)).rejects.toMatchObject({
      code: "Offline",
    });
    await expect(
      newClient({ registry: createMemoryRegistry(), cache }).pull(reference),
    ).rejects.toMatchObject({ code: "NotFound" });
  });
});

describe("tag", () => {
  test("points a tag at a digest, which is known by its form", async () => {
    const client = newClient({ registry: createMemoryRegistry() });
    const { descriptor } = await client.push(reference, source);
    expect(await client.tag("one.example/acme/site:latest", descriptor.digest)).toMatchObject(descriptor);
    expect(await client.resolve("one.example/acme/site:latest")).toMatchObject({ digest: descriptor.digest });
  });

  test("in a layout too", async () => {
    const client = newClient({});
    const layout = `oci:${path.join(directory, "layout")}`;
    const { descriptor } = await client.push(`${layout}:v1`, source);
    await client.tag(`${layout}:latest`, descriptor.digest);
    expect(await client.resolve(`${layout}:latest`)).toMatchObject({ digest: descriptor.digest });
  });

  test("a digest that is not there, or a destination that is a digest, is an error, and nothing is written", async () => {
    const client = newClient({ registry: createMemoryRegistry() });
    const { descriptor } = await client.push(reference, source);
    const other = `sha256:${"0".repeat(64)}`;
    await expect(client.tag("one.example/acme/site:latest", other)).rejects.toMatchObject({
      code: "NotFound",
    });
    await expect(
      client.tag(`one.example/acme/site@${descriptor.digest}`, descriptor.digest),
    ).rejects.toMatchObject({ code: "InvalidReference" });
    await expect(client.resolve("one.example/acme/site:latest")).rejects.toMatchObject({ code: "NotFound" });
  });

  test("what a policy refuses gets no tag by its digest", async () => {
    const client = newClient({ registry: createMemoryRegistry() });
    const { descriptor } = await client.push(reference, source);
    const latest = "one.example/acme/site:latest";
    await expect(client.tag(latest, descriptor.digest, { policies: [isMarked] })).rejects.toMatchObject({
      code: "PolicyViolation",
    });
    await expect(client.resolve(latest)).rejects.toMatchObject({ code: "NotFound" });
  });
});
