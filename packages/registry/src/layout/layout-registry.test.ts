import { execFileSync } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, hasProgram, writeTree } from "@blob/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ContractSubject } from "../testing/tested-registry.js";
import { describeRegistry, testSha512Manifests } from "../registry.contract.js";
import type { Registry } from "../registry.js";
import { blobOf, chunksOf, collect } from "../testing/bytes.js";
import { createLayoutRegistry } from "./layout-registry.js";

const inLayout = async (): Promise<ContractSubject> => {
  const directory = await createTemporaryDirectory();
  return { registry: createLayoutRegistry(directory.path), close: () => directory.remove() };
};

describeRegistry("layout", inLayout);
testSha512Manifests("a layout", inLayout);

const mediaType = "application/vnd.oci.image.manifest.v1+json";
let directory: TemporaryDirectory;
let registry: Registry;

beforeEach(async () => {
  directory = await createTemporaryDirectory();
  registry = createLayoutRegistry(directory.path);
});
afterEach(() => directory.remove());

async function pushArtifact(content: string, tag?: string, repository = ""): Promise<string> {
  const config = blobOf("{}");
  const layer = blobOf(content);
  for (const blob of [config, layer]) await registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  const manifest = {
    schemaVersion: 2,
    mediaType,
    artifactType: "application/vnd.acme",
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: config.digest, size: config.size },
    layers: [{ mediaType: "application/octet-stream", digest: layer.digest, size: layer.size }],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return (await registry.pushManifest(repository, { mediaType, bytes }, { tag })).digest;
}

async function index(): Promise<{ manifests: { digest: string; annotations?: Record<string, string> }[] }> {
  return JSON.parse(await readFile(path.join(directory.path, "index.json"), "utf8")) as Awaited<
    ReturnType<typeof index>
  >;
}

test("the repository without a name is the layout at the root", async () => {
  const digest = await pushArtifact("one", "v1");
  expect((await readdir(directory.path)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
  expect(JSON.parse(await readFile(path.join(directory.path, "oci-layout"), "utf8"))).toEqual({
    imageLayoutVersion: "1.0.0",
  });
  expect((await index()).manifests).toEqual([
    expect.objectContaining({ digest, annotations: { "org.opencontainers.image.ref.name": "v1" } }),
  ]);
});

test("a manifest without a tag is in the index, once, until it has one", async () => {
  const digest = await pushArtifact("one");
  await pushArtifact("one");
  expect((await index()).manifests.map((entry) => entry.digest)).toEqual([digest]);
  await pushArtifact("one", "v1");
  await pushArtifact("one", "v2");
  await pushArtifact("one", "v2");
  const tags = (await index()).manifests.map(
    (entry) => entry.annotations?.["org.opencontainers.image.ref.name"],
  );
  expect(tags).toEqual(["v1", "v2"]);
});

test("reading what is not there says so and creates nothing", async () => {
  const missing = path.join(directory.path, "nowhere");
  const other = createLayoutRegistry(missing);
  await expect(other.manifest("", "v1")).rejects.toThrow("there is no OCI layout");
  expect(await other.statBlob("", blobOf("x").digest)).toBeUndefined();
  await expect(stat(missing)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a directory that holds something else is left alone", async () => {
  await writeTree(directory.path, { "index.json": "{}" });
  const blob = blobOf("x");
  await expect(registry.pushBlob("", blob, () => chunksOf(blob.bytes))).rejects.toMatchObject({
    code: "Rejected",
  });
  expect(await readdir(directory.path)).toEqual(["index.json"]);
});

test("a layout of another version is not touched", async () => {
  await writeTree(directory.path, { "oci-layout": '{"imageLayoutVersion":"2.0.0"}' });
  await expect(registry.manifest("", "v1")).rejects.toMatchObject({ code: "Unsupported" });
});

test.each(["blobs", "acme/blobs", "acme/index.json", "oci-layout"])(
  "no repository is called %s",
  async (name) => {
    await expect(registry.manifest(name, "v1")).rejects.toMatchObject({ code: "InvalidReference" });
  },
);

describe("a damaged blob", () => {
  test("is not handed out as whole", async () => {
    const blob = blobOf("content");
    await registry.pushBlob("", blob, () => chunksOf(blob.bytes));
    const file = path.join(directory.path, "blobs", "sha256", blob.digest.slice(7));
    await writeFile(file, "CONTENT");
    await expect(collect(registry.readBlob("", blob))).rejects.toMatchObject({ code: "DigestMismatch" });
    await writeFile(file, "conten");
    await expect(collect(registry.readBlob("", blob))).rejects.toMatchObject({ code: "DigestMismatch" });
  });

  test("of another size is written again", async () => {
    const blob = blobOf("content");
    await registry.pushBlob("", blob, () => chunksOf(blob.bytes));
    await writeFile(path.join(directory.path, "blobs", "sha256", blob.digest.slice(7)), "");
    expect(await registry.pushBlob("", blob, () => chunksOf(blob.bytes))).toBe("uploaded");
    expect((await collect(registry.readBlob("", blob))).toString()).toBe("content");
  });

  test("that is a manifest is found out", async () => {
    const digest = await pushArtifact("one", "v1");
    const file = path.join(directory.path, "blobs", "sha256", digest.slice(7));
    const bytes = await readFile(file, "utf8");
    await writeFile(file, bytes.replace("acme", "evil"));
    await expect(registry.manifest("", "v1")).rejects.toMatchObject({ code: "DigestMismatch" });
  });
});

test("a failed upload leaves no file", async () => {
  const blob = blobOf("content");
  await expect(registry.pushBlob("", blob, () => chunksOf(Buffer.from("wrong")))).rejects.toMatchObject({
    code: "DigestMismatch",
  });
  expect(await readdir(path.join(directory.path, "blobs", "sha256"))).toEqual([]);
});

test("what other tools wrote into the index stays", async () => {
  await pushArtifact("one", "v1");
  const before = await index();
  const [entry] = before.manifests;
  const foreign = {
    ...entry,
    annotations: { "com.acme": "kept" },
    platform: { os: "linux", architecture: "arm64" },
  };
  await writeTree(directory.path, {
    "index.json": JSON.stringify({ ...before, annotations: { team: "web" }, manifests: [foreign] }),
  });
  await pushArtifact("two", "v2");
  expect(await index()).toMatchObject({ annotations: { team: "web" } });
  expect((await index()).manifests[0]).toEqual(foreign);
});

test("referrers are found beside manifests that the layout does not hold", async () => {
  await pushArtifact("one", "v1");
  const { digest } = await registry.resolve("", "v1");
  const before = await index();
  const missing = { mediaType, digest: blobOf("elsewhere").digest, size: 9 };
  await writeTree(directory.path, {
    "index.json": JSON.stringify({ ...before, manifests: [missing, ...before.manifests] }),
  });
  const found: string[] = [];
  for await (const one of registry.referrers("", blobOf("x").digest)) found.push(one.digest);
  expect(found).toEqual([]);
  expect((await registry.manifest("", "v1")).descriptor.digest).toBe(digest);
});

test("writers that know nothing of each other lose nothing", async () => {
  await pushArtifact("one", "v0");
  const { bytes } = await registry.manifest("", "v0");
  const writers: Registry[] = [];
  for (let at = 0; at < 4; at += 1) {
    // A copy of the module with its own memory: like another process, it only has the lock file.
    vi.resetModules();
    writers.push((await import("./layout-registry.js")).createLayoutRegistry(directory.path));
  }
  await Promise.all(
    writers.map(async (writer, at) => {
      for (let round = 0; round < 10; round += 1) {
        await writer.pushManifest("", { mediaType, bytes }, { tag: `w${at}-${round}` });
      }
    }),
  );
  expect((await index()).manifests).toHaveLength(1 + 4 * 10);
  expect((await readdir(directory.path)).toSorted()).toEqual(["blobs", "index.json", "oci-layout"]);
});

describe.skipIf(!hasProgram("skopeo"))("skopeo", () => {
  test("reads and copies what was pushed, and the copy is read back", async () => {
    const digest = await pushArtifact("one", "v1");
    await pushArtifact("two", "v2");
    const raw = execFileSync("skopeo", ["inspect", "--raw", `oci:${directory.path}:v1`]);
    expect(blobOf(raw).digest).toBe(digest);
    const copy = path.join(directory.path, "copy");
    execFileSync("skopeo", ["copy", "--quiet", `oci:${directory.path}:v1`, `oci:${copy}:v9`]);
    const copied = await createLayoutRegistry(copy).manifest("", "v9");
    expect(copied.descriptor.digest).toBe(digest);
    await pushArtifact("three", "v3", "copy");
    expect(blobOf(execFileSync("skopeo", ["inspect", "--raw", `oci:${copy}:v9`])).digest).toBe(digest);
  });
});
