import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { staticCredential } from "@blob/auth";
import type { Policy, Registry } from "@blob/registry";
import { createMemoryRegistry, sha256Digest } from "@blob/registry";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry } from "@blob/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Client } from "./index.js";
import { createClient, isClientError } from "./index.js";

const large = randomBytes(5_000_000);
let directory = "";
let source = "";
let memory: Registry;
let registry: TestRegistry;
let client: Client;
let reference = "";

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-client-"));
  source = path.join(directory, "source");
  const files: Record<string, string | Buffer> = {
    "a-b": "one",
    "a.txt": "two",
    "a/b": "three",
    "config.json": JSON.stringify({ answer: 42 }).padEnd(4000),
    "large.bin": large,
    "\u{1f600}/smile.txt": "four",
    "\uff5e.txt": "five",
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(source, name)), { recursive: true });
    await writeFile(path.join(source, name), content);
  }
});

afterAll(() => rm(directory, { recursive: true, force: true }));

beforeEach(async () => {
  memory = createMemoryRegistry();
  registry = await startTestRegistry({ registry: memory });
  client = createClient({ plainHttp: true });
  reference = `${registry.host}/acme/site:v1`;
});

afterEach(async () => {
  await client.close();
  await registry.close();
});

function requests(): string[] {
  return registry.requests.map(
    ({ method, path: url }) => `${method} ${url.replace(/^\/v2\/acme\/site\//u, "")}`,
  );
}

describe("push", () => {
  test("takes files that are given, in any order", async () => {
    const files = [
      { path: "b/c.txt", content: Buffer.from("see") },
      { path: "a.txt", content: new Blob(["one"]).stream() },
    ];
    expect(await client.push(reference, files)).toMatchObject({ files: 2, size: 6, skipped: [] });
    await using archive = await client.pull(reference);
    expect(Array.from(archive.entries(), (entry) => entry.path)).toEqual(["a.txt", "b/c.txt"]);
    expect(await archive.readFile("b/c.txt", "utf8")).toBe("see");
  });

  test("makes a manifest with the index first, and tags it", async () => {
    const pushed = await client.push(reference, source, { tags: ["latest"], annotations: { team: "web" } });
    expect(pushed).toMatchObject({
      files: 7,
      skipped: [],
      tags: ["v1", "latest"],
      index: { pushed: "uploaded" },
    });
    const { bytes } = await memory.manifest("acme/site", "latest");
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({
      artifactType: "application/vnd.meigma.blob.v1",
      layers: [
        { mediaType: "application/vnd.meigma.blob.index.v1+flatbuffers", digest: pushed.index.digest },
        {
          mediaType: "application/vnd.meigma.blob.data.v1",
          digest: pushed.data.digest,
          size: pushed.data.size,
        },
      ],
      annotations: { team: "web" },
    });
  });

  test("sends no blob bytes when nothing has changed", async () => {
    await client.push(reference, source);
    registry.requests.splice(0);
    const again = await client.push(reference, source);
    expect([again.index.pushed, again.data.pushed]).toEqual(["exists", "exists"]);
    expect(requests().toSorted()).toEqual(
      [
        `HEAD blobs/${again.index.digest}`,
        `HEAD blobs/${again.data.digest}`,
        "HEAD blobs/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "PUT manifests/v1",
      ].toSorted(),
    );
  });

  test("leaves nothing behind in the temporary directory, also when it fails", async () => {
    const temporaryDirectory = path.join(directory, "tmp");
    await mkdir(temporaryDirectory);
    await client.push(reference, source, { temporaryDirectory });
    await expect(
      client.push(`127.0.0.1:1/acme/site:v1`, source, { temporaryDirectory }),
    ).rejects.toMatchObject({
      code: "Network",
    });
    expect(await readdir(temporaryDirectory)).toEqual([]);
  });

  test("to a digest is refused before any work", async () => {
    const digest = sha256Digest(new Uint8Array());
    await expect(client.push(`${registry.host}/acme/site@${digest}`, "/nonexistent")).rejects.toMatchObject({
      code: "InvalidReference",
    });
  });

  test("of an archive that was pulled copies it as it is", async () => {
    const pushed = await client.push(reference, source);
    const archive = await client.pull(reference);
    const copied = await client.pushArchive(`oci:${path.join(directory, "copy")}:v2`, archive);
    expect(copied.data.digest).toBe(pushed.data.digest);
    const copy = await client.pull(`oci:${path.join(directory, "copy")}:v2`);
    expect(Buffer.compare(await copy.readFile("large.bin"), large)).toBe(0);
  });
});

describe("pull", () => {
  test("and a first file take exactly three requests, none of them a probe", async () => {
    const pushed = await client.push(reference, source);
    const cold = createClient({ plainHttp: true });
    registry.requests.splice(0);
    const archive = await cold.pull(reference);
    expect(JSON.parse(await archive.readFile("config.json", "utf8"))).toEqual({ answer: 42 });
    expect(requests()).toEqual([
      "GET manifests/v1",
      `GET blobs/${pushed.index.digest}`,
      `GET blobs/${pushed.data.digest}`,
    ]);
    await cold.close();
  });

  test("need one refused request and one token more where a registry asks for one", async () => {
    const pushed = await client.push(reference, source);
    registry.quirks.tokenAuth = { username: "me", password: "secret" };
    const credentials = staticCredential({ host: registry.host, username: "me", password: "secret" });
    const cold = createClient({ plainHttp: true, credentials });
    registry.requests.splice(0);
    const archive = await cold.pull(reference);
    await archive.readFile("config.json");
    await archive.readFile("a-b");
    expect(requests().map((request) => request.replace(/\?.*$/u, ""))).toEqual([
      "GET manifests/v1",
      "GET /token",
      "GET manifests/v1",
      `GET blobs/${pushed.index.digest}`,
      `GET blobs/${pushed.data.digest}`,
      `GET blobs/${pushed.data.digest}`,
    ]);
    await cold.close();
  });

  test("lists in the order of the paths' bytes", async () => {
    await client.push(reference, source);
    const paths = [...(await client.pull(reference)).entries()].map((entry) => entry.path);
    expect(paths).toEqual([
      "a-b",
      "a.txt",
      "a/b",
      "config.json",
      "large.bin",
      "\uff5e.txt",
      "\u{1f600}/smile.txt",
    ]);
  });

  test("by digest takes the manifest from the cache the second time", async () => {
    const { descriptor } = await client.push(reference, source);
    const byDigest = `${registry.host}/acme/site@${descriptor.digest}`;
    await client.fetch(byDigest);
    registry.requests.splice(0);
    await client.fetch(byDigest);
    expect(requests()).toEqual([]);
  });

  test("refuses an index over the limit before it is downloaded", async () => {
    await client.push(reference, source);
    registry.requests.splice(0);
    await expect(client.pull(reference, { limits: { maxIndexBytes: 100 } })).rejects.toMatchObject({
      code: "SizeExceeded",
      reference,
    });
    expect(requests()).toEqual(["GET manifests/v1"]);
  });

  test.each([
    ["", () => Buffer.from("other")],
    [", also of the same size", () => randomBytes(10_000)],
  ])("of an index that belongs to other data is refused%s", async (_name, content) => {
    const other = path.join(directory, "other");
    const one = path.join(directory, "one");
    await mkdir(other, { recursive: true });
    await mkdir(one, { recursive: true });
    await writeFile(path.join(one, "file"), randomBytes(10_000));
    await writeFile(path.join(other, "file"), content());
    const { index } = await client.push(reference, one, { compression: "none" });
    const { data } = await client.push(reference.replace("v1", "other"), other, { compression: "none" });
    const { bytes } = await memory.manifest("acme/site", "v1");
    const manifest = JSON.parse(Buffer.from(bytes).toString()) as { layers: object[] };
    manifest.layers = [
      { ...manifest.layers[0], digest: index.digest, size: index.size },
      { ...manifest.layers[1], digest: data.digest, size: data.size },
    ];
    const mixed = {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      bytes: Buffer.from(JSON.stringify(manifest)),
    };
    await memory.pushManifest("acme/site", mixed, { tag: "mixed" });
    await expect(client.pull(reference.replace("v1", "mixed"))).rejects.toMatchObject({
      code: "DigestMismatch",
    });
  });

  test.each([
    ["a repository that is not there", "nobody/nothing:v1"],
    ["a tag that is not there", "acme/site:v2"],
  ])("of %s is NotFound", async (_name, rest) => {
    await client.push(reference, source);
    await expect(client.pull(`${registry.host}/${rest}`)).rejects.toMatchObject({ code: "NotFound" });
  });

  test("stops with the signal's reason", async () => {
    await client.push(reference, source);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(client.pull(reference, { signal })).rejects.toThrow("enough");
    const archive = await client.pull(reference);
    await expect(archive.readFile("large.bin", { signal })).rejects.toThrow("enough");
  });
});

describe("a wrong byte is an error that names what is wrong", () => {
  test.each(["manifest", "index", "data"] as const)("in the %s", async (part) => {
    const pushed = await client.push(reference, source);
    const digest = part === "manifest" ? pushed.descriptor.digest : pushed[part].digest;
    registry.damage(digest);
    const fresh = createClient({ plainHttp: true });
    try {
      const archive = await fresh.pull(`${registry.host}/acme/site@${pushed.descriptor.digest}`);
      expect(part).toBe("data");
      await expect(archive.readFile("a-b")).rejects.toMatchObject({ code: "HashMismatch", path: "a-b" });
      expect(Buffer.compare(await archive.readFile("large.bin"), large)).toBe(0);
    } catch (error) {
      expect(error).toMatchObject({ code: "DigestMismatch", digest });
    } finally {
      await fresh.close();
    }
  });
});

describe("policies", () => {
  const refuses: Policy = {
    name: "signed by us",
    evaluate: () =>
      Promise.resolve({ ok: false, reasons: [{ policy: "signed by us", message: "no signature" }] }),
  };

  test("that refuse stop every reading verb after the manifest, with their reasons", async () => {
    await client.push(reference, source);
    const guarded = createClient({ plainHttp: true, policies: [refuses] });
    for (const verb of ["pull", "fetch", "inspect"] as const) {
      registry.requests.splice(0);
      const error: unknown = await guarded[verb](reference).catch((thrown: unknown) => thrown);
      expect(isClientError(error) && error.code).toBe("PolicyViolation");
      expect(error).toMatchObject({ reasons: [{ policy: "signed by us", message: "no signature" }] });
      expect(requests()).toEqual(["GET manifests/v1"]);
    }
    await guarded.close();
  });

  test("get the bytes that were hashed", async () => {
    const { descriptor } = await client.push(reference, source);
    let seen = "";
    const looks: Policy = {
      name: "looks",
      evaluate: ({ manifest }) => {
        seen = sha256Digest(manifest.bytes);
        return Promise.resolve({ ok: true });
      },
    };
    await client.pull(reference, { policies: [looks] });
    expect(seen).toBe(descriptor.digest);
  });

  test("that cannot decide stop the read with their own error", async () => {
    await client.push(reference, source);
    const broken: Policy = { name: "broken", evaluate: () => Promise.reject(new Error("log out of reach")) };
    await expect(client.pull(reference, { policies: [broken] })).rejects.toThrow("log out of reach");
  });
});

test("inspect sums up an archive with two requests", async () => {
  const pushed = await client.push(reference, source, { created: new Date("2026-01-02T03:04:05Z") });
  registry.requests.splice(0);
  const { archive, ...inspection } = await client.inspect(reference);
  expect(archive.entryCount).toBe(7);
  expect(inspection).toMatchObject({
    digest: pushed.descriptor.digest,
    created: "2026-01-02T03:04:05Z",
    fileCount: 7,
    indexBlobSize: pushed.index.size,
    dataBlobSize: pushed.data.size,
    totalUncompressedSize: pushed.size,
  });
  expect(inspection.compressionRatio).toBeGreaterThan(0.5);
  expect(requests()).toHaveLength(2);
});

describe("tag", () => {
  test("gives the same digest another name", async () => {
    const { descriptor } = await client.push(reference, source);
    const tagged = await client.tag(reference, reference.replace("v1", "stable"));
    expect(tagged.digest).toBe(descriptor.digest);
    expect((await client.fetch(reference.replace("v1", "stable"))).descriptor.digest).toBe(descriptor.digest);
  });

  test("writes nothing that a policy refuses, the client's or the caller's", async () => {
    await client.push(reference, source);
    const refuses: Policy = { name: "no", evaluate: () => Promise.resolve({ ok: false, reasons: [] }) };
    const guarded = createClient({ plainHttp: true, policies: [refuses] });
    const target = reference.replace("v1", "refused");
    for (const refused of [
      () => guarded.tag(reference, target),
      () => client.tag(reference, target, { policies: [refuses] }),
    ]) {
      registry.requests.splice(0);
      await expect(refused()).rejects.toMatchObject({ code: "PolicyViolation" });
      expect(requests()).toEqual(["GET manifests/v1"]);
    }
    await guarded.close();
    await expect(client.resolve(target)).rejects.toMatchObject({ code: "NotFound" });
  });

  test("does not leave the repository", async () => {
    await client.push(reference, source);
    await expect(client.tag(reference, `${registry.host}/acme/other:v1`)).rejects.toMatchObject({
      code: "InvalidArgument",
    });
  });
});
