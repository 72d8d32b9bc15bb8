import { expect, test } from "vitest";
import { createHttpRegistry } from "./http-registry.js";
import { createMemoryRegistry } from "./memory-registry.js";
import { createPullThroughRegistry } from "./pull-through.js";
import type { Registry } from "./registry.js";
import { createRegistryServer } from "./server/registry-server.js";
import { blobOf, chunksOf, collect, noise } from "./testing/bytes.js";
import type { Quirky } from "./testing/quirky.js";
import { startQuirky } from "./testing/quirky.js";

const repository = "acme/site";
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const blob = blobOf(noise(300_000));
const manifest = blobOf(
  JSON.stringify({
    schemaVersion: 2,
    mediaType,
    layers: [{ mediaType: "application/octet-stream", digest: blob.digest, size: blob.size }],
  }),
);

async function start(
  store: Registry = createMemoryRegistry(),
): Promise<Quirky & { readonly mirror: Registry }> {
  const quirky = await startQuirky();
  await quirky.server.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  await quirky.server.registry.pushManifest(repository, { mediaType, bytes: manifest.bytes }, { tag: "v1" });
  return { ...quirky, mirror: createPullThroughRegistry({ origin: quirky.registry, store }) };
}

test("what was read whole is not read from the origin again", async () => {
  const { mirror, requests } = await start();
  for (let times = 0; times < 2; times += 1) {
    expect(Buffer.compare(await collect(mirror.readBlob(repository, blob)), blob.bytes)).toBe(0);
    expect((await mirror.manifest(repository, manifest.digest)).descriptor.mediaType).toBe(mediaType);
  }
  const part = await collect(mirror.readBlob(repository, blob, { range: { offset: 10, length: 20 } }));
  expect(Buffer.compare(part, blob.bytes.subarray(10, 30))).toBe(0);
  expect(requests()).toEqual([
    `GET /v2/acme/site/blobs/${blob.digest} 200`,
    `GET /v2/acme/site/manifests/${manifest.digest} 200`,
  ]);
});

test("a range of what is not kept is only that range", async () => {
  const { mirror, server } = await start();
  await collect(mirror.readBlob(repository, blob, { range: { offset: 10, length: 20 } }));
  expect(server.requests.map(({ bytesSent }) => bytesSent)).toEqual([20]);
});

test("tags are asked for each time", async () => {
  const { mirror, requests } = await start();
  await mirror.manifest(repository, "v1");
  await mirror.manifest(repository, "v1");
  expect(requests()).toHaveLength(2);
});

test("a store that fails is a miss", async () => {
  const broken = createMemoryRegistry();
  const fails = (): never => {
    throw new Error("disk on fire");
  };
  const { mirror } = await start({ ...broken, statBlob: fails });
  expect((await mirror.manifest(repository, manifest.digest)).descriptor.digest).toBe(manifest.digest);
});

test("wrong bytes of the origin are an error and are not kept", async () => {
  const store = createMemoryRegistry();
  const { mirror, server } = await start(store);
  server.damage(blob.digest);
  await expect(collect(mirror.readBlob(repository, blob))).rejects.toMatchObject({ code: "DigestMismatch" });
  expect(await store.statBlob(repository, blob.digest)).toBeUndefined();
});

test("it cannot be written to, also not over HTTP", async () => {
  const { mirror } = await start();
  const server = await createRegistryServer(mirror).listen();
  const client = createHttpRegistry(server.host, { plainHttp: true });
  const other = blobOf("other");
  for (const registry of [mirror, client]) {
    expect(Buffer.compare(await collect(registry.readBlob(repository, blob)), blob.bytes)).toBe(0);
    const pushing = registry.pushBlob(repository, other, () => chunksOf(other.bytes));
    await expect(pushing).rejects.toMatchObject({ code: "Unsupported" });
  }
  await client.close();
  await server.close();
});
