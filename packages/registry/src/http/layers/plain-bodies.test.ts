import { afterEach, beforeEach, expect, test } from "vitest";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry } from "@blob/testing";
import type { HttpRegistry } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";
import { blobOf, chunksOf, collect, noise } from "../../testing/bytes.js";

let server: TestRegistry;
let registry: HttpRegistry;
const blob = blobOf(noise(10_000));

beforeEach(async () => {
  server = await startTestRegistry();
  registry = createHttpRegistry(server.host, { plainHttp: true, retry: { retries: 0 } });
  await server.registry.pushBlob("acme/site", blob, () => chunksOf(blob.bytes));
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  await server.registry.pushManifest("acme/site", { mediaType, bytes }, { tag: "v1" });
});

afterEach(async () => {
  await registry.close();
  await server.close();
});

test("answers are asked for as they are", async () => {
  await registry.manifest("acme/site", "v1");
  await collect(registry.readBlob("acme/site", blob, { range: { offset: 5, length: 10 } }));
  expect(server.requests.map(({ headers }) => headers["accept-encoding"])).toEqual(["identity", "identity"]);
});

test("answers that are compressed all the same are refused, and say how", async () => {
  server.quirks.gzip = true;
  const refusal = {
    code: "InvalidResponse",
    message: expect.stringContaining("compressed with gzip") as string,
  };
  await expect(registry.manifest("acme/site", "v1")).rejects.toMatchObject(refusal);
  await expect(collect(registry.readBlob("acme/site", blob))).rejects.toMatchObject(refusal);
  const range = { offset: 5, length: 10 };
  await expect(collect(registry.readBlob("acme/site", blob, { range }))).rejects.toMatchObject(refusal);
  const listing = async (): Promise<void> => {
    for await (const tag of registry.tags("acme/site")) expect(tag).toBe("never");
  };
  await expect(listing()).rejects.toMatchObject(refusal);
});
