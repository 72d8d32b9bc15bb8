import { describe, expect, test } from "vitest";
import { copyArtifact } from "./copy.js";
import type { Descriptor, Digest } from "../descriptor.js";
import { isRegistryError, RegistryError } from "../errors.js";
import { createLayoutRegistry } from "../layout/layout-registry.js";
import { createMemoryRegistry } from "../memory-registry.js";
import type { Registry } from "../registry.js";
import type { TestBlob } from "../testing/bytes.js";
import { blobOf, chunksOf } from "../testing/bytes.js";
import {
  createLayoutFixture,
  indexType,
  listed,
  manifestOf,
  manifestType,
  observeLeftOut,
  referrerOf,
  refName,
  scratchDirectory,
} from "../testing/layout-fixture.js";
import { startQuirky } from "../testing/quirky.js";

const repository = "acme/site";
const from = (registry: Registry): Parameters<typeof copyArtifact>[0] => ({
  registry,
  repository,
  reference: "v1",
});
const to = (registry: Registry, ...tags: string[]): Parameters<typeof copyArtifact>[1] => ({
  registry,
  repository: "acme/copy",
  tags,
});
const artifact = manifestOf({ annotations: { name: "the artifact" } });

async function put(registry: Registry, manifest: TestBlob, tag?: string): Promise<Descriptor> {
  const config = blobOf("{}");
  await registry.pushBlob(repository, config, () => chunksOf(config.bytes));
  const { mediaType } = JSON.parse(manifest.bytes.toString()) as { mediaType: string };
  return registry.pushManifest(repository, { mediaType, bytes: manifest.bytes }, { tag });
}

function indexOf(manifests: readonly unknown[]): TestBlob {
  return blobOf(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
}

const entry = ({ digest, size }: TestBlob, mediaType: string = manifestType): object => ({
  mediaType,
  digest,
  size,
});

async function referrersIn(registry: Registry, subject: Digest): Promise<Digest[]> {
  return (await listed(registry.referrers("acme/copy", subject))).map(({ digest }) => digest);
}

describe("what has no carrier", () => {
  const named = artifact.digest.replace(":", "-");

  test("is named: tags of older signatures, for three requests without a body", async () => {
    const { registry, server, requests } = await startQuirky();
    await put(server.registry, artifact, "v1");
    for (const suffix of ["sig", "sbom"])
      await put(server.registry, manifestOf({ suffix }), `${named}.${suffix}`);
    const { leftOut, onLeftOut } = observeLeftOut();
    const { notCopied } = await copyArtifact(from(registry), to(createMemoryRegistry()), { onLeftOut });
    expect(notCopied.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      `tag ${named}.sig`,
      `tag ${named}.sbom`,
    ]);
    expect(leftOut).toEqual(notCopied);
    const manifests = requests().filter((request) => request.includes("/manifests/"));
    expect(manifests.toSorted()).toEqual(
      [
        "GET /v2/acme/site/manifests/v1 200",
        `GET /v2/acme/site/manifests/${named} 404`,
        ...["att 404", "sbom 200", "sig 200"].map((end) => `HEAD /v2/acme/site/manifests/${named}.${end}`),
      ].toSorted(),
    );
  });

  test("is not looked for when nobody wants referrers", async () => {
    const { registry, server, requests } = await startQuirky();
    await put(server.registry, artifact, "v1");
    await put(server.registry, manifestOf({ suffix: "sig" }), `${named}.sig`);
    const copied = await copyArtifact(from(registry), to(createMemoryRegistry()), { referrers: false });
    expect(copied.notCopied).toEqual([]);
    expect(requests().filter((request) => request.startsWith("HEAD"))).toEqual([]);
  });

  test("is named as unknown where nobody can tell", async () => {
    const { registry, server } = await startQuirky({
      fail: { status: 500, times: 100, path: /^HEAD .*\.att/u },
    });
    await put(server.registry, artifact, "v1");
    const { notCopied } = await copyArtifact(from(registry), to(createMemoryRegistry()));
    expect(notCopied).toEqual([
      { kind: "tag", name: `${named}.att`, why: expect.stringContaining("could not be found out") as string },
    ]);
  });
});

describe("referrers", () => {
  test("under a fallback tag of a layout come along; what is no good there is named", async () => {
    const layout = await createLayoutFixture();
    const { manifest, putBlob, readEntries, writeEntries } = layout;
    const signature = referrerOf(manifest, "a/signature");
    const missing = referrerOf(manifest, "a/missing");
    await putBlob(signature);
    const fallback = indexOf([signature, missing].map((one) => entry(one)));
    await putBlob(fallback);
    await writeEntries([
      { mediaType: "x", digest: "md5:1", size: 1 },
      ...(await readEntries()),
      { ...entry(manifest), annotations: { [refName]: "not a tag" } },
      { ...entry(fallback, indexType), annotations: { [refName]: manifest.digest.replace(":", "-") } },
    ]);
    const memory = createMemoryRegistry();
    const source = { registry: layout.registry, repository: "", reference: "v1" };
    const copied = await copyArtifact(source, to(memory, "v1"));
    expect(copied.manifests).toBe(2);
    expect(await referrersIn(memory, manifest.digest)).toEqual([signature.digest]);
    expect(copied.notCopied.map(({ kind, name }) => [kind, name])).toEqual([
      ["descriptor", "md5:1"],
      ["referrer", missing.digest],
    ]);
  });

  test("that are broken at the source are named, not counted, and hide no others", async () => {
    const { registry, server } = await startQuirky();
    await put(server.registry, artifact, "v1");
    const layer = blobOf("a signature");
    await server.registry.pushBlob(repository, layer, () => chunksOf(layer.bytes));
    const layers = [entry(layer, "a/layer")];
    const subject = entry(artifact);
    const gone = manifestOf({ subject, artifactType: "a/gone", layers });
    const good = referrerOf(artifact, "a/good");
    const odd = manifestOf({ subject, artifactType: "a/odd", layers: [{ digest: 5 }] });
    for (const one of [gone, odd, good]) await put(server.registry, one);
    await server.registry.deleteBlob(repository, layer.digest);
    const memory = createMemoryRegistry();
    const copied = await copyArtifact(from(registry), to(memory, "v1"));
    expect(copied.manifests).toBe(2);
    expect(await referrersIn(memory, artifact.digest)).toEqual([good.digest]);
    expect(copied.notCopied.map(({ kind, name }) => [kind, name])).toEqual([
      ["referrer", gone.digest],
      ["referrer", odd.digest],
    ]);
  });

  test("of the children of an index come along, too", async () => {
    const memory = createMemoryRegistry();
    const child = manifestOf({ annotations: { name: "child" } });
    const signature = referrerOf(child, "a/signature");
    for (const one of [child, signature]) await put(memory, one);
    await put(memory, indexOf([entry(child)]), "v1");
    const target = createMemoryRegistry();
    expect((await copyArtifact(from(memory), to(target))).manifests).toBe(3);
    expect(await referrersIn(target, child.digest)).toEqual([signature.digest]);
  });

  test("that the destination does not take are an error, which says what is there", async () => {
    const memory = createMemoryRegistry();
    await put(memory, artifact, "v1");
    const signature = referrerOf(artifact, "a/signature");
    await put(memory, signature);
    const inner = createMemoryRegistry();
    const target: Registry = {
      ...inner,
      async pushManifest(name, manifest, options) {
        if (Buffer.from(manifest.bytes).includes("subject"))
          throw new RegistryError("ReferrersUnsupported", "no referrers here");
        return inner.pushManifest(name, manifest, options);
      },
    };
    const copying = copyArtifact(from(memory), to(target, "v1", "v2"));
    await expect(copying).rejects.toMatchObject({
      code: "ReferrersUnsupported",
      message: expect.stringMatching(
        /no referrers here \(1 manifests were copied, with the artifact itself; these do not: v1, v2\)/u,
      ) as string,
      copied: {
        manifests: [artifact.digest],
        isArtifactCopied: true,
        tags: [],
        missingTags: ["v1", "v2"],
        notCopied: [],
      },
    });
  });
});

test("a failure at the second tag says which tags point to the copy", async () => {
  const memory = createMemoryRegistry();
  await put(memory, artifact, "v1");
  const inner = createMemoryRegistry();
  const target: Registry = {
    ...inner,
    async pushManifest(name, manifest, options = {}) {
      if (options.tag === "b") throw new RegistryError("Forbidden", "b is protected");
      return inner.pushManifest(name, manifest, options);
    },
  };
  await expect(copyArtifact(from(memory), to(target, "a", "b", "c"))).rejects.toMatchObject({
    code: "Forbidden",
    copied: { isArtifactCopied: true, tags: ["a"], missingTags: ["b", "c"] },
  });
});

test("a failure before the artifact is there says that it is not", async () => {
  const memory = createMemoryRegistry();
  const layer = blobOf("content");
  await memory.pushBlob(repository, layer, () => chunksOf(layer.bytes));
  const child = manifestOf({ annotations: { name: "child" } });
  const other = manifestOf({ layers: [entry(layer, "a/b")] });
  for (const one of [child, other]) await put(memory, one);
  await put(memory, indexOf([entry(child), entry(other)]), "v1");
  await memory.deleteBlob(repository, layer.digest);
  await expect(copyArtifact(from(memory), to(createMemoryRegistry(), "v1"))).rejects.toMatchObject({
    code: "NotFound",
    copied: { manifests: [child.digest], isArtifactCopied: false, tags: [], missingTags: ["v1"] },
  });
});

test("a bad tag is refused before anything is read or written", async () => {
  const { registry, requests } = await startQuirky();
  await expect(copyArtifact(from(registry), to(registry, "v1", "-bad"))).rejects.toMatchObject({
    code: "InvalidReference",
  });
  expect(requests()).toEqual([]);
});

test("an entry of an index that is no descriptor is named; a layer that is none is an error", async () => {
  const memory = createMemoryRegistry();
  const index = indexOf([entry(artifact), { ...entry(artifact), size: -1 }, "x"]);
  await put(memory, artifact);
  await put(memory, index, "v1");
  const { notCopied, manifests } = await copyArtifact(from(memory), to(createMemoryRegistry()));
  expect(manifests).toBe(2);
  expect(notCopied).toEqual(
    ["its size is not a number of bytes", "it is not an object"].map((why) => ({
      kind: "descriptor",
      name: `an entry of the index ${index.digest}`,
      why,
    })),
  );
  for (const bad of [
    { layers: ["x"] },
    { config: "x" },
    { layers: [{ ...entry(artifact), digest: "md5:1" }] },
  ]) {
    await put(memory, manifestOf(bad), "v1");
    await expect(copyArtifact(from(memory), to(createMemoryRegistry()))).rejects.toMatchObject({
      code: "InvalidResponse",
      copied: { isArtifactCopied: false },
    });
  }
});

describe("a graph without a reasonable end", () => {
  async function expectRefused(source: Registry): Promise<void> {
    const target = createMemoryRegistry();
    const error: unknown = await copyArtifact(from(source), to(target, "v1")).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "SizeExceeded", copied: { isArtifactCopied: false, tags: [] } });
    expect(isRegistryError(error)).toBe(true);
  }

  test("is 20,000 indexes inside of each other", async () => {
    const memory = createMemoryRegistry();
    let inner = artifact;
    let type: string = manifestType;
    await put(memory, artifact);
    for (let level = 0; level < 20_000; level += 1) {
      inner = indexOf([entry(inner, type)]);
      type = indexType;
      await put(memory, inner);
    }
    await put(memory, inner, "v1");
    await expectRefused(memory);
  });

  test("is an index that contains itself, if its registry is to be believed", async () => {
    const memory = createMemoryRegistry();
    let made = 0;
    const manifest: Registry["manifest"] = async () => {
      made += 1;
      const { bytes, digest, size } = indexOf([entry(blobOf(`another ${String(made)}`), indexType)]);
      return { bytes, descriptor: { mediaType: indexType, digest, size } };
    };
    await expectRefused({ ...memory, manifest });
    expect(made).toBeLessThan(20);
  });

  test("is an index of very many manifests, and nothing is copied of it", async () => {
    const path = await scratchDirectory();
    const layout = createLayoutRegistry(path);
    const many = Array.from({ length: 20_000 }, (_, at) => ({
      mediaType: manifestType,
      digest: `sha256:${at.toString(16).padStart(64, "0")}`,
      size: 1,
    }));
    const index = indexOf(many);
    await layout.pushManifest("", { mediaType: indexType, bytes: index.bytes }, { tag: "v1" });
    const copying = copyArtifact(
      { registry: layout, repository: "", reference: "v1" },
      to(createMemoryRegistry()),
    );
    await expect(copying).rejects.toMatchObject({ code: "SizeExceeded", copied: { manifests: [] } });
  });

  test("is a chain of referrers", async () => {
    const memory = createMemoryRegistry();
    await put(memory, artifact, "v1");
    let subject = artifact;
    for (let level = 0; level < 12; level += 1) {
      subject = referrerOf(subject, `a/${String(level)}`);
      await put(memory, subject);
    }
    const copying = copyArtifact(from(memory), to(createMemoryRegistry(), "v1"));
    await expect(copying).rejects.toMatchObject({
      code: "SizeExceeded",
      copied: { isArtifactCopied: true, tags: [], missingTags: ["v1"] },
    });
  });
});

test("a copy that is stopped throws the reason, with nothing still under way", async () => {
  const { registry, server } = await startQuirky();
  await put(server.registry, artifact, "v1");
  const controller = new AbortController();
  const reason = new Error("enough");
  const onBlob = (): void => controller.abort(reason);
  const copying = copyArtifact(from(registry), to(createMemoryRegistry()), {
    signal: controller.signal,
    onBlob,
  });
  await expect(copying).rejects.toBe(reason);
});
