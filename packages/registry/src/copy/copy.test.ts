import { createTemporaryDirectory } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { copyArtifact } from "./copy.js";
import type { Descriptor, Digest } from "../descriptor.js";
import { createLayoutRegistry } from "../layout/layout-registry.js";
import { createMemoryRegistry } from "../memory-registry.js";
import type { Registry } from "../registry.js";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import { startQuirky } from "../testing/quirky.js";

const mediaType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const config = blobOf("{}");

async function push(
  registry: Registry,
  repository: string,
  content: string,
  more: object = {},
  tag?: string,
): Promise<Descriptor> {
  const layer = blobOf(content === "" ? "none" : content);
  for (const blob of [config, layer]) await registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: config.digest, size: 2 },
    layers: [{ mediaType: "application/octet-stream", digest: layer.digest, size: layer.size }],
    ...more,
  };
  return registry.pushManifest(
    repository,
    { mediaType, bytes: Buffer.from(JSON.stringify(manifest)) },
    { tag },
  );
}

async function referrerDigests(registry: Registry, repository: string, digest: Digest): Promise<Digest[]> {
  const all: Digest[] = [];
  for await (const one of registry.referrers(repository, digest)) all.push(one.digest);
  return all;
}

/** An artifact with a signature, and a signature of the signature. */
async function signedArtifact(
  registry: Registry,
): Promise<{ root: Descriptor; signature: Descriptor; timestamp: Descriptor }> {
  const root = await push(registry, "acme/site", "content", {}, "v1");
  const signature = await push(registry, "acme/site", "signature", {
    subject: root,
    artifactType: "a/signature",
  });
  const timestamp = await push(registry, "acme/site", "timestamp", {
    subject: signature,
    artifactType: "a/time",
  });
  return { root, signature, timestamp };
}

const source = (registry: Registry): Parameters<typeof copyArtifact>[0] => ({
  registry,
  repository: "acme/site",
  reference: "v1",
});

describe("a copy", () => {
  test.each(["memory", "layout", "http", "http without the referrers API"])(
    "to %s brings the artifact and whatever refers to it",
    async (kind) => {
      const from = createMemoryRegistry();
      const { root, signature, timestamp } = await signedArtifact(from);
      let to: Registry = createMemoryRegistry();
      if (kind === "layout") {
        const directory = await createTemporaryDirectory();
        onTestFinished(() => directory.remove());
        to = createLayoutRegistry(directory.path);
      }
      if (kind.startsWith("http")) to = (await startQuirky({ noReferrersApi: kind !== "http" })).registry;
      const target = { registry: to, repository: "acme/copy", tags: ["v2", "latest"] };
      const copied = await copyArtifact(source(from), target);
      expect(copied).toEqual({
        descriptor: root,
        manifests: 3,
        blobs: { uploaded: 4, exists: 2, mounted: 0 },
        notCopied: [],
      });
      expect((await to.resolve("acme/copy", "latest")).digest).toBe(root.digest);
      expect(await referrerDigests(to, "acme/copy", root.digest)).toEqual([signature.digest]);
      expect(await referrerDigests(to, "acme/copy", signature.digest)).toEqual([timestamp.digest]);
      const again = await copyArtifact(source(from), target);
      expect(again.blobs).toEqual({ uploaded: 0, exists: 6, mounted: 0 });
    },
  );

  test("without referrers leaves them", async () => {
    const from = createMemoryRegistry();
    const { root } = await signedArtifact(from);
    const to = createMemoryRegistry();
    const target = { registry: to, repository: "acme/copy" };
    expect(await copyArtifact(source(from), target, { referrers: false })).toMatchObject({ manifests: 1 });
    expect(await referrerDigests(to, "acme/copy", root.digest)).toEqual([]);
  });

  test("inside of one registry mounts and sends no blob", async () => {
    const { registry, server } = await startQuirky();
    await signedArtifact(server.registry);
    const target = { registry, repository: "acme/copy", tags: ["v1"] };
    const copied = await copyArtifact(source(registry), target);
    expect(copied.blobs).toEqual({ uploaded: 0, exists: 2, mounted: 4 });
    expect(
      server.requests.filter(({ method, path }) => method === "GET" && path.includes("/blobs/")),
    ).toEqual([]);
  });

  test("of an index brings its children, which it needs first", async () => {
    const from = createMemoryRegistry();
    const children = [await push(from, "acme/site", "one"), await push(from, "acme/site", "two")];
    const index = { schemaVersion: 2, mediaType: indexType, manifests: children };
    const bytes = Buffer.from(JSON.stringify(index));
    await from.pushManifest("acme/site", { mediaType: indexType, bytes }, { tag: "v1" });
    const to = createMemoryRegistry();
    const copied = await copyArtifact(source(from), { registry: to, repository: "acme/copy", tags: ["v1"] });
    expect(copied).toMatchObject({ manifests: 3, descriptor: { mediaType: indexType } });
    for (const { digest } of children) expect(await to.manifest("acme/copy", digest)).toBeDefined();
  });

  test("survives broken reads and broken writes", async () => {
    const from = await startQuirky({ breakBodyAfter: 100_000, breakTimes: 5 });
    const to = await startQuirky({ fail: { status: 503, times: 2, path: /^PUT .*uploads/u } });
    const large = blobOf(noise(1_000_000));
    await push(from.server.registry, "acme/site", large.bytes.toString("latin1"), {}, "v1");
    const copied = await copyArtifact(source(from.registry), {
      registry: to.registry,
      repository: "acme/copy",
    });
    expect(copied.blobs.uploaded).toBe(2);
    expect((await to.server.registry.manifest("acme/copy", copied.descriptor.digest)).bytes).toBeDefined();
  });

  test("of a blob that was tampered with fails, and leaves no manifest", async () => {
    const from = await startQuirky();
    const root = await push(from.server.registry, "acme/site", "content", {}, "v1");
    from.server.damage(blobOf("content").digest);
    const to = createMemoryRegistry();
    const copying = copyArtifact(source(from.registry), {
      registry: to,
      repository: "acme/copy",
      tags: ["v1"],
    });
    await expect(copying).rejects.toMatchObject({ code: "DigestMismatch" });
    await expect(to.manifest("acme/copy", root.digest)).rejects.toMatchObject({ code: "NotFound" });
  });

  test("that was aborted throws the reason", async () => {
    const from = createMemoryRegistry();
    await signedArtifact(from);
    const controller = new AbortController();
    const reason = new Error("enough");
    const copying = copyArtifact(
      source(from),
      { registry: createMemoryRegistry(), repository: "acme/copy" },
      { signal: controller.signal, onBlob: () => controller.abort(reason) },
    );
    await expect(copying).rejects.toBe(reason);
  });
});

test("the bytes of a copy are the bytes", async () => {
  const from = createMemoryRegistry();
  await push(from, "acme/site", "content", {}, "v1");
  const { registry } = await startQuirky();
  await copyArtifact(source(from), { registry, repository: "acme/copy", tags: ["v1"] });
  const layer = blobOf("content");
  expect((await collect(registry.readBlob("acme/copy", layer))).toString()).toBe("content");
});
