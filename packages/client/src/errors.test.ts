import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { formatErrorCodes, isFormatError } from "@blob/format";
import type { Signer } from "@blob/registry";
import { isRegistryError, registryErrorCodes } from "@blob/registry";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client, PushResult } from "./index.js";
import { clientErrorCodes, createClient, isClientError } from "./index.js";

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
    client.push(reference, source, { temporaryDirectory: path.join(directory, "missing") }),
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
  const known: readonly string[] = isClientError(error)
    ? clientErrorCodes
    : isRegistryError(error)
      ? registryErrorCodes
      : isFormatError(error)
        ? formatErrorCodes
        : [];
  expect(known).toContain(code);
});

test("every code of this package is in the table", () => {
  expect(clientErrorCodes.filter((code) => waysTo[code] === undefined)).toEqual([]);
});
