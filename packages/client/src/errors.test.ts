import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { formatErrorCodes, isFormatError } from "@blob/format";
import { extractArchive } from "@blob/format/node";
import type { Signer } from "@blob/registry";
import { isRegistryError, registryErrorCodes } from "@blob/registry";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BlobError, BlobErrorCode, Client, MissingThing, PushResult } from "./index.js";
import {
  blobErrorCodes,
  clientErrorCodes,
  createClient,
  isBlobError,
  isClientError,
  missingThings,
} from "./index.js";

const indexType = "application/vnd.oci.image.index.v1+json";

let directory = "";
let source = "";
let registry: TestRegistry;
let client: Client;
let reference = "";

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-errors-"));
  source = path.join(directory, "source");
  await writeTree(source, { "a.txt": "a".repeat(10_000), "b.txt": "b" });
  registry = await startTestRegistry();
  client = createClient({ plainHttp: true, http: { retry: { retries: 0 } } });
  reference = `${registry.host}/acme/site:v1`;
});

afterEach(async () => {
  await client.close();
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

const signer: Signer = {
  name: "a test",
  sign: () => Promise.resolve({ mediaType: "application/x", bytes: Buffer.from("x"), annotations: {} }),
};

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Pulls what a change makes of a manifest. */
async function pullChanged(change: (manifest: { layers: unknown[] }) => object): Promise<unknown> {
  await client.push(reference, source);
  const { bytes, descriptor } = await registry.registry.manifest("acme/site", "v1");
  const manifest = JSON.parse(Buffer.from(bytes).toString()) as { layers: unknown[] };
  const changed = Buffer.from(JSON.stringify({ ...manifest, ...change(manifest) }));
  const { mediaType } = descriptor;
  await registry.registry.pushManifest("acme/site", { mediaType, bytes: changed }, { tag: "changed" });
  return client.pull(reference.replace("v1", "changed"));
}

async function readDamaged(compression: "none" | "zstd"): Promise<unknown> {
  const { data } = await client.push(reference, source, { compression });
  registry.damage(data.digest);
  return (await client.pull(reference)).readFile("a.txt");
}

/** One way to each error that a user of the client has to know. */
const waysTo: Readonly<Record<string, () => Promise<unknown>>> = {
  NotFound: () => client.pull(reference),
  InvalidReference: () => client.pull("acme"),
  InvalidManifest: () => pullChanged(() => ({ artifactType: "application/x" })),
  async AmbiguousReference() {
    const { descriptor } = await client.push(reference, source);
    const other = await client.push(reference, source, { annotations: { team: "web" } });
    const manifests = [descriptor, other.descriptor];
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
    await registry.registry.pushManifest("acme/site", { mediaType: indexType, bytes }, { tag: "all" });
    return client.pull(reference.replace("v1", "all"));
  },
  MissingIndex: () => pullChanged(({ layers }) => ({ layers: layers.slice(1) })),
  MissingData: () => pullChanged(({ layers }) => ({ layers: layers.slice(0, 1) })),
  async DigestMismatch() {
    const { descriptor } = await client.push(reference, source);
    registry.damage(descriptor.digest);
    return createClient({ plainHttp: true }).pull(reference);
  },
  async PolicyViolation() {
    await client.push(reference, source);
    const refuses = { name: "no", evaluate: () => Promise.resolve({ ok: false, reasons: [] } as const) };
    return client.pull(reference, { policies: [refuses] });
  },
  async ReferrersUnsupported() {
    const pushed: PushResult = await client.push(reference, source);
    registry.quirks.noReferrersApi = true;
    const { bytes, descriptor } = await registry.registry.manifest("acme/site", "v1");
    const tag = descriptor.digest.replace(":", "-");
    await registry.registry.pushManifest("acme/site", { mediaType: descriptor.mediaType, bytes }, { tag });
    return client.sign(pushed, signer);
  },
  Unauthorized() {
    registry.quirks.basicAuth = { username: "me", password: "secret" };
    return client.pull(reference);
  },
  Forbidden() {
    registry.quirks.fail = { status: 403, times: 10 };
    return client.pull(reference);
  },
  HashMismatch: () => readDamaged("none"),
  Decompression: () => readDamaged("zstd"),
  async SizeExceeded() {
    await client.push(reference, source);
    return (await client.pull(reference, { limits: { maxFileBytes: 10 } })).readFile("a.txt");
  },
  TooManyFiles: () => client.push(reference, source, { maxFiles: 1 }),
  FileChanged: () =>
    client.push(reference, source, {
      // The signal is not looked at between the walk and the first file: so this is in between.
      skipCompression: [
        () => {
          rmSync(path.join(source, "b.txt"), { force: true });
          return false;
        },
      ],
    }),
  async InvalidPath() {
    await client.push(reference, source);
    return (await client.pull(reference)).readFile("../a.txt");
  },
  RateLimited() {
    registry.quirks.fail = { status: 429, times: 10, headers: { "retry-after": "3600" } };
    return client.pull(reference);
  },
  Network: () => client.pull("127.0.0.1:1/acme/site:v1"),
  InvalidArgument: () => client.verify(reference),
  TagsIncomplete() {
    registry.quirks.fail = { status: 403, times: 1, path: /manifests\/v2$/u };
    return client.push(reference, source, { tags: ["v2"] });
  },
  TemporaryDirectory: () =>
    client.push(reference, source, {
      // To be mounted, it has to be complete first.
      mountFrom: "acme/base",
      temporaryDirectory: path.join(directory, "missing"),
    }),
  async Closed() {
    await client.push(reference, source);
    const archive = await client.pull(reference);
    await archive.close();
    return archive.readFile("a.txt");
  },
  Offline: () => createClient({ offline: true }).pull(reference),
};

test.each(Object.keys(waysTo))("%s is reached, typed, and one of the documented codes", async (code) => {
  const error: unknown = await waysTo[code]?.().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(isBlobError(error)).toBe(true);
  const known: readonly string[] = isClientError(error)
    ? clientErrorCodes
    : isRegistryError(error)
      ? registryErrorCodes
      : isFormatError(error)
        ? formatErrorCodes
        : [];
  expect(known).toContain(code);
  expect(blobErrorCodes).toContain(code);
});

const missing: Readonly<Record<MissingThing, (() => Promise<unknown>) | undefined>> = {
  async reference() {
    await client.push(reference, source);
    return client.pull(reference.replace("v1", "v9"));
  },
  repository: () => collect(client.tags(`${registry.host}/nobody/nothing`)),
  async manifest() {
    await client.push(reference, source);
    return client.pull(`${registry.host}/acme/site@sha256:${"0".repeat(64)}`);
  },
  async blob() {
    const { data } = await client.push(reference, source, { compression: "none" });
    const archive = await client.pull(reference);
    await registry.registry.deleteBlob("acme/site", data.digest);
    return archive.readFile("a.txt");
  },
  layout: () => client.pull(`oci:${path.join(directory, "nothing")}:v1`),
  async file() {
    await client.push(reference, source);
    return (await client.pull(reference)).readFile("c.txt");
  },
  async directory() {
    await client.push(reference, source);
    return (await client.pull(reference)).readDirectory("c");
  },
  // Of archives by URL, and of a registry's own uploads: no verb comes across them.
  archive: undefined,
  upload: undefined,
};

test.each(missingThings.filter((what) => missing[what] !== undefined))(
  "a %s that is not there is NotFound, and says that it is one",
  async (what) => {
    const error: unknown = await missing[what]?.().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "NotFound", what });
  },
);

test("an error of a registry has the full reference, with its host", async () => {
  await client.push(reference, source);
  const other = `${registry.host}/acme/site:v9`;
  await expect(client.pull(other)).rejects.toMatchObject({ code: "NotFound", reference: other });
  const layout = `oci:${path.join(directory, "layout")}`;
  await client.push(`${layout}:v1`, source);
  await expect(client.pull(`${layout}:v9`)).rejects.toMatchObject({
    code: "NotFound",
    reference: `${layout}:v9`,
  });
});

test("an error about a pulled archive has its full reference, with the digest, however it is read", async () => {
  const { descriptor, data } = await client.push(reference, source, { compression: "none" });
  registry.damage(data.digest);
  const archive = await client.pull(reference);
  const expected = { reference: `${reference}@${descriptor.digest}`, path: "a.txt" };
  const target = path.join(directory, "target");
  const reads: Readonly<Record<string, () => Promise<unknown>>> = {
    readFile: () => archive.readFile("a.txt"),
    stream: () => collect(archive.stream("a.txt")),
    extract: () => extractArchive(archive, target, { paths: ["a.txt"] }),
  };
  for (const [name, read] of Object.entries(reads)) {
    await expect(read(), name).rejects.toMatchObject({ code: "HashMismatch", ...expected });
  }
  expect(() => archive.readDirectory("none")).toThrow(
    expect.objectContaining({ code: "NotFound", what: "directory", reference: expected.reference }),
  );
});

test("what a caller makes of an error is checked by the compiler", async () => {
  const error: unknown = await client.pull(reference).catch((thrown: unknown) => thrown);
  if (!isBlobError(error)) throw error;
  const code: BlobErrorCode = error.code;
  // @ts-expect-error: no such code
  expect(code === "Notfound").toBe(false);
  // @ts-expect-error: no such thing
  expect(error.what === "tag").toBe(false);
  const own = (one: BlobError): string => (isFormatError(one) ? one.code : (one.reference ?? ""));
  expect(own(error)).toBe(reference);
});

test("every code of this package is in the table", () => {
  expect(clientErrorCodes.filter((code) => waysTo[code] === undefined)).toEqual([]);
});
