import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Descriptor, LeftOut, Policy } from "@blob/registry";
import { sha256Digest } from "@blob/registry";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Client, ClientOptions } from "../index.js";
import { createClient } from "../index.js";

const archiveType = "application/vnd.meigma.blob.v1";
const imageType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const amd64 = { os: "linux", architecture: "amd64" };

let directory = "";
let registry: TestRegistry;
const clients: Client[] = [];
let reference = "";

function newClient(options: ClientOptions = {}): Client {
  const client = createClient({ plainHttp: true, ...options });
  clients.push(client);
  return client;
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-index-"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

beforeEach(async () => {
  registry = await startTestRegistry();
  reference = `${registry.host}/acme/site:v1`;
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await registry.close();
});

/** Pushes an archive with one file. */
async function pushArchive(content: string): Promise<Descriptor> {
  const source = path.join(directory, content);
  await writeTree(source, { "a.txt": content });
  const { descriptor } = await newClient().push(reference.replace("v1", content), source);
  return descriptor;
}

/** Pushes an image of nothing. */
async function pushImage(name: string): Promise<Descriptor> {
  const config = Buffer.from(JSON.stringify({ name }));
  const blob = { digest: sha256Digest(config), size: config.length };
  await registry.registry.pushBlob("acme/site", blob, async function* () {
    yield config;
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: imageType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...blob },
    layers: [],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return registry.registry.pushManifest("acme/site", { mediaType: imageType, bytes });
}

/** Tags an index as v1. Registries hold indexes of what they do not have; this one has to be told. */
async function pushIndex(manifests: readonly unknown[], more: object = {}): Promise<Descriptor> {
  const index = { schemaVersion: 2, mediaType: indexType, manifests, ...more };
  const bytes = Buffer.from(JSON.stringify(index));
  return registry.registry.pushManifest("acme/site", { mediaType: indexType, bytes }, { tag: "v1" });
}

function requests(): string[] {
  return registry.requests
    .splice(0)
    .map(({ method, path: url }) => `${method} ${url.replace(/^\/v2\/acme\/site\//u, "")}`);
}

describe("a tag that leads to an image index", () => {
  test("with one archive is read as that archive, by every verb that reads", async () => {
    const image = await pushImage("linux");
    const archive = await pushArchive("one");
    await pushIndex([
      { ...image, platform: amd64, artifactType: "application/vnd.oci.image.config.v1+json" },
      { ...archive, artifactType: archiveType },
    ]);
    const client = newClient();
    registry.requests.splice(0);
    const pulled = await client.pull(reference);
    expect(await pulled.readFile("a.txt", "utf8")).toBe("one");
    expect(pulled.manifest.descriptor.digest).toBe(archive.digest);
    expect(requests().slice(0, 2)).toEqual(["GET manifests/v1", `GET manifests/${archive.digest}`]);
    expect((await client.fetch(reference)).descriptor.digest).toBe(archive.digest);
    expect((await client.inspect(reference)).digest).toBe(archive.digest);
    expect((await client.diff(reference, reference)).changed).toEqual([]);
    expect((await client.sync(reference, path.join(directory, "synced"))).digest).toBe(archive.digest);
  });

  test.each([
    ["does not say what is in it", (archive: Descriptor) => archive],
    ["says that the type is empty", (archive: Descriptor) => ({ ...archive, artifactType: "" })],
    ["has a platform for it", (archive: Descriptor) => ({ ...archive, platform: amd64 })],
    ["has it twice", (archive: Descriptor) => [archive, { ...archive, artifactType: archiveType }]],
  ])("that %s is looked into", async (_name, element) => {
    const archive = await pushArchive("one");
    await pushIndex([await pushImage("linux"), element(archive)].flat());
    expect((await newClient().fetch(reference)).descriptor.digest).toBe(archive.digest);
  });

  test("without its own media type is one all the same, out of a cache too", async () => {
    const archive = await pushArchive("one");
    const index = { schemaVersion: 2, manifests: [{ ...archive, artifactType: archiveType }] };
    const bytes = Buffer.from(JSON.stringify(index));
    await registry.registry.pushManifest("acme/site", { mediaType: indexType, bytes }, { tag: "v1" });
    const client = newClient({ cache: path.join(directory, "cache") });
    for (let i = 0; i < 2; i += 1) {
      expect((await client.fetch(reference)).descriptor.digest).toBe(archive.digest);
    }
    requests();
    expect((await client.resolve(reference)).mediaType).toBe(indexType);
    expect(requests()).toEqual([]);
  });

  test("that has no archive: the error says so, and what there is", async () => {
    const image = await pushImage("linux");
    const { digest } = await pushIndex([{ ...image, platform: amd64 }]);
    await expect(newClient().pull(reference)).rejects.toMatchObject({
      code: "InvalidManifest",
      reference,
      digest,
      message: expect.stringMatching(
        new RegExp(`image index.*no blob archive.*${image.digest} \\(linux/amd64\\)`, "u"),
      ) as string,
    });
    await pushIndex([]);
    await expect(newClient().pull(reference)).rejects.toThrow("it is empty");
  });

  test.each([
    ["both described", true, true],
    ["one described", true, false],
    ["none described", false, false],
  ])("with two archives is an error that lists them: %s", async (_name, ...described) => {
    const archives = [await pushArchive("one"), await pushArchive("two")];
    await pushIndex(archives.map((one, i) => (described[i] ? { ...one, artifactType: archiveType } : one)));
    const error: unknown = await newClient()
      .pull(reference)
      .catch((thrown: unknown) => thrown);
    const digests = archives.map(({ digest }) => digest);
    expect(error).toMatchObject({ code: "AmbiguousReference", reference, candidates: digests });
    for (const digest of digests) expect(String(error)).toContain(digest);
  });

  test("that has an index in it is not looked into further", async () => {
    const archive = await pushArchive("one");
    const inner = await pushIndex([{ ...archive, artifactType: archiveType }]);
    await pushIndex([inner]);
    const client = newClient();
    registry.requests.splice(0);
    await expect(client.pull(reference)).rejects.toMatchObject({
      code: "InvalidManifest",
      message: expect.stringContaining(`${inner.digest} (an index)`) as string,
    });
    expect(requests()).toEqual(["GET manifests/v1"]);
  });

  test("of which parts are missing or odd is read; what was left out is said", async () => {
    const archive = await pushArchive("one");
    const missing = sha256Digest(Buffer.from("missing"));
    const index = {
      schemaVersion: 2,
      mediaType: indexType,
      manifests: [
        { mediaType: imageType, digest: missing, size: 7 },
        { mediaType: imageType, digest: "sha256:none", size: 7 },
        null,
        { ...archive, artifactType: archiveType },
      ],
    };
    const { manifest } = registry.registry;
    const bytes = Buffer.from(JSON.stringify(index));
    const descriptor = { mediaType: indexType, digest: sha256Digest(bytes), size: bytes.length };
    const sparse = await startTestRegistry({
      registry: {
        ...registry.registry,
        manifest: async (repository, name, options) =>
          name === "v1" ? { descriptor, bytes } : manifest(repository, name, options),
      },
    });
    const leftOut: LeftOut[] = [];
    const fetched = await newClient().fetch(`${sparse.host}/acme/site:v1`, {
      onLeftOut: (what) => leftOut.push(what),
    });
    expect(fetched.descriptor.digest).toBe(archive.digest);
    expect(leftOut.map(({ kind }) => kind)).toEqual(["descriptor", "descriptor", "descriptor"]);
    expect(leftOut.map(({ name }) => name)).toContain(missing);
    await sparse.close();
  });

  test("with very many manifests that it does not describe is refused without looking at them", async () => {
    const images = await Promise.all(Array.from({ length: 33 }, (_, i) => pushImage(`image ${i}`)));
    await pushIndex(images);
    const client = newClient();
    registry.requests.splice(0);
    await expect(client.pull(reference)).rejects.toMatchObject({ code: "InvalidManifest" });
    expect(requests()).toEqual(["GET manifests/v1"]);
  });

  test("and to an image at once is refused", async () => {
    const archive = await pushArchive("one");
    const { bytes } = await registry.registry.manifest("acme/site", archive.digest);
    const { layers } = JSON.parse(Buffer.from(bytes).toString()) as { layers: unknown };
    await pushIndex([{ ...archive, artifactType: archiveType }], { layers });
    await expect(newClient().pull(reference)).rejects.toMatchObject({ code: "InvalidManifest" });
  });
});

describe("policies", () => {
  /** Accepts what has been signed, which is one digest. */
  const signed = (digest: string): Policy => ({
    name: "signed",
    evaluate: ({ manifest }) =>
      Promise.resolve(manifest.descriptor.digest === digest ? { ok: true } : { ok: false, reasons: [] }),
  });

  test("are asked about the archive that is read, not about the index that leads to it", async () => {
    const archive = await pushArchive("one");
    const index = await pushIndex([{ ...archive, artifactType: archiveType }]);
    const client = newClient();
    for (const verb of ["pull", "fetch", "inspect"] as const) {
      await expect(client[verb](reference, { policies: [signed(index.digest)] })).rejects.toMatchObject({
        code: "PolicyViolation",
        digest: archive.digest,
      });
      await client[verb](reference, { policies: [signed(archive.digest)] });
    }
    expect(await client.verify(reference, { policies: [signed(index.digest)] })).toMatchObject({ ok: false });
    expect(await client.verify(reference, { policies: [signed(archive.digest)] })).toMatchObject({
      ok: true,
      descriptor: { digest: archive.digest },
    });
  });

  test("of verify are asked about an index that is no archive, as about anything else", async () => {
    const index = await pushIndex([await pushImage("linux")]);
    expect(await newClient().verify(reference, { policies: [signed(index.digest)] })).toMatchObject({
      ok: true,
      descriptor: { digest: index.digest },
    });
  });

  test("of copy are asked about the index, which is what is copied", async () => {
    const archive = await pushArchive("one");
    const index = await pushIndex([{ ...archive, artifactType: archiveType }]);
    const client = newClient();
    const copy = `${registry.host}/acme/copy:v1`;
    await expect(client.copy(reference, copy, { policies: [signed(archive.digest)] })).rejects.toMatchObject({
      code: "PolicyViolation",
    });
    const copied = await client.copy(reference, copy, { policies: [signed(index.digest)] });
    expect(copied.descriptor.digest).toBe(index.digest);
    expect((await client.fetch(copy)).descriptor.digest).toBe(archive.digest);
  });
});
