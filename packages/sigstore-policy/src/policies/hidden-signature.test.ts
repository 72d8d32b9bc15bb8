import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Descriptor, Manifest, PolicySubject, Registry, Verdict } from "@blob/registry";
import { createHttpRegistry, createLayoutRegistry, createMemoryRegistry, sha256Digest } from "@blob/registry";
import type { Quirks, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { any } from "../combinators.js";
import { loadPrivateKey } from "../keys/private-key.js";
import { createKeyPair } from "../sigstore-server/index.js";
import { bundleMediaType } from "../bundle/bundle-json.js";
import { keySigner } from "../sign/key-signer.js";
import { publicKeyPolicy } from "./sigstore-policy.js";

const repository = "acme/site";
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const emptyType = "application/vnd.oci.empty.v1+json";
const olderType = "application/vnd.dev.sigstore.bundle+json;version=0.3";

interface Content {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

function contentOf(value: unknown, mediaType: string, more: Partial<Descriptor> = {}): Content {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
  return { bytes, descriptor: { mediaType, digest: sha256Digest(bytes), size: bytes.length, ...more } };
}

const config = contentOf({}, emptyType);
const subject = contentOf(
  { schemaVersion: 2, mediaType: manifestType, config: config.descriptor, layers: [] },
  manifestType,
);
const manifest: Manifest = { descriptor: subject.descriptor, bytes: subject.bytes };
const fallbackTag = subject.descriptor.digest.replace(":", "-");

/** A referrer with what it points to. */
interface Referrer extends Content {
  readonly blobs: readonly Content[];
}

function referrer(more: object, blobs: readonly Content[] = [], layerType = bundleMediaType): Referrer {
  const layers = blobs.map(({ descriptor }) => ({ ...descriptor, mediaType: layerType }));
  const { mediaType, digest, size } = subject.descriptor;
  const content = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: config.descriptor,
    layers,
    subject: { mediaType, digest, size },
    ...more,
  };
  return { ...contentOf(content, manifestType), blobs: [config, ...blobs] };
}

const keys = createKeyPair();
const signer = keySigner({
  key: await loadPrivateKey(keys.privateKey.export({ format: "pem", type: "pkcs8" }).toString()),
  log: false,
});
const bundle = contentOf(Buffer.from((await signer.sign(manifest)).bytes), bundleMediaType);
const policyUnderTest = publicKeyPolicy({
  key: keys.publicKey.export({ format: "pem", type: "spki" }).toString(),
});
const good = referrer({ artifactType: bundleMediaType, annotations: { the: "good one" } }, [bundle]);
const older = referrer({ artifactType: olderType }, [bundle], olderType);

const noBundle = (at: number): Referrer =>
  referrer({
    config: { ...config.descriptor, mediaType: bundleMediaType },
    annotations: { at: String(at) },
  });

/** Whoever may push makes these by the thousand: of another type, of no type, of the right one without a bundle. */
const kinds: readonly ((at: number) => Referrer)[] = [
  (at) => referrer({ artifactType: "application/spdx+json", annotations: { at: String(at) } }),
  (at) => referrer({ annotations: { at: String(at) } }),
  noBundle,
  (at) => referrer({ artifactType: bundleMediaType, annotations: { at: String(at) } }, [bundle, config]),
];
const mixed = (count: number): readonly Referrer[] =>
  Array.from({ length: count }, (_, at) => kinds[at % kinds.length]?.(at) ?? noBundle(at));
/** Bundles indeed, and of something else. */
const wrongBundle = (at: number): Referrer =>
  referrer({ artifactType: bundleMediaType }, [contentOf({ at }, bundleMediaType)]);

async function attach(registry: Registry, all: readonly Referrer[]): Promise<void> {
  const put = async ({ bytes, descriptor }: Content): Promise<void> => {
    await registry.pushBlob(repository, descriptor, async function* open() {
      yield await Promise.resolve(bytes);
    });
  };
  await put(config);
  await registry.pushManifest(repository, { mediaType: manifestType, bytes: subject.bytes });
  for (const { bytes, blobs } of all) {
    for (const blob of blobs) await put(blob);
    await registry.pushManifest(repository, { mediaType: manifestType, bytes });
  }
}

interface Opened {
  readonly registry: Registry;
  readonly server: TestRegistry;
}

async function openHttp(quirks: Quirks, behind: Registry = createMemoryRegistry()): Promise<Opened> {
  const server = await startTestRegistry({ registry: behind, quirks });
  const registry = createHttpRegistry(server.host, { plainHttp: true });
  onTestFinished(async () => {
    await registry.close();
    await server.close();
  });
  return { registry, server };
}

async function openWithFallbackTag(
  all: readonly Referrer[],
  said: (one: Referrer) => object,
): Promise<Opened> {
  const opened = await openHttp({ noReferrersApi: true });
  await attach(opened.server.registry, all);
  await putFallback(
    opened.server.registry,
    all.map((one) => ({ ...one.descriptor, ...said(one) })),
  );
  return opened;
}

async function putFallback(registry: Registry, manifests: readonly object[]): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
  await registry.pushManifest(repository, { mediaType: indexType, bytes }, { tag: fallbackTag });
}

async function openLayout(all: readonly Referrer[]): Promise<Registry> {
  const directory = await createTemporaryDirectory();
  onTestFinished(() => directory.remove());
  const blobs = path.join(directory.path, "blobs/sha256");
  await mkdir(blobs, { recursive: true });
  await writeFile(path.join(directory.path, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const contents = [subject, ...all, ...all.flatMap((one) => one.blobs)];
  const manifests = [subject, ...all].map(({ descriptor }) => descriptor);
  const unique = new Map(contents.map((one) => [one.descriptor.digest, one.bytes]));
  for (const [digest, bytes] of unique) await writeFile(path.join(blobs, digest.slice(7)), bytes);
  await writeFile(path.join(directory.path, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  return createLayoutRegistry(directory.path);
}

const at = (registry: Registry, its = repository): PolicySubject => ({ registry, repository: its, manifest });

async function verdictOf(registry: Registry, its?: string): Promise<Verdict> {
  return policyUnderTest.evaluate(at(registry, its));
}

const accepted = (one: Referrer): object => ({ ok: true, evidence: [{ digest: one.descriptor.digest }] });

describe.each([100, 1000])("a signature after %d referrers of all other kinds is found", (count) => {
  test("where the registry filters by type", async () => {
    const { registry, server } = await openHttp({});
    await attach(server.registry, [...mixed(count), good]);
    expect(await verdictOf(registry)).toMatchObject(accepted(good));
  });

  test("where it does not", async () => {
    const { registry, server } = await openHttp({ noReferrersFilter: true });
    await attach(server.registry, [...mixed(count), good]);
    expect(await verdictOf(registry)).toMatchObject(accepted(good));
  });

  test("under the fallback tag, whatever it says of types", async () => {
    const all = [...mixed(count), good];
    const says = (artifactType: string | undefined): object => ({ artifactType });
    const silent = await openWithFallbackTag(all, () => says(undefined));
    expect(await verdictOf(silent.registry)).toMatchObject(accepted(good));
    const honest = await openWithFallbackTag(all, (one) => says(one === good ? bundleMediaType : emptyType));
    expect(await verdictOf(honest.registry)).toMatchObject(accepted(good));
    // The API, the list, the referrer, the bundle: none for those that nobody calls bundles.
    expect(honest.server.requests.map(({ method }) => method)).toEqual(["GET", "GET", "GET", "GET"]);
  });

  test("in a layout", async () => {
    expect(await verdictOf(await openLayout([...mixed(count), good]), "")).toMatchObject(accepted(good));
  });
});

describe("one referrer does not hide a signature", () => {
  const one = noBundle(1);

  test("where the registry filters by the type of the configuration", async () => {
    const behind = createMemoryRegistry();
    const { registry, server } = await openHttp(
      {},
      {
        ...behind,
        async *referrers(its, digest, { artifactType } = {}) {
          for await (const listed of behind.referrers(its, digest)) {
            if (artifactType === undefined || listed.digest === one.descriptor.digest) yield listed;
          }
        },
      },
    );
    await attach(behind, [one, good]);
    expect(await verdictOf(registry)).toMatchObject(accepted(good));
    expect(server.requests.filter(({ path: asked }) => asked.includes("/referrers/"))).toHaveLength(2);
  });

  test("that was under the fallback tag before the registry had the API", async () => {
    const behind = createMemoryRegistry();
    const { registry } = await openHttp(
      {},
      {
        ...behind,
        async *referrers(...call) {
          for await (const listed of behind.referrers(...call)) {
            if (listed.digest !== good.descriptor.digest) yield listed;
          }
        },
      },
    );
    await attach(behind, [one, wrongBundle(1), good]);
    await putFallback(behind, [good.descriptor]);
    expect(await verdictOf(registry)).toMatchObject(accepted(good));
  });

  test("that has the older name of the same type", async () => {
    for (const quirks of [{}, { noReferrersFilter: true }]) {
      const { registry, server } = await openHttp(quirks);
      await attach(server.registry, [one, wrongBundle(1), older]);
      expect(await verdictOf(registry)).toMatchObject(accepted(older));
    }
    expect(await verdictOf(await openLayout([one, older]), "")).toMatchObject(accepted(older));
  });

  test("and one of several policies that refuses costs no request while another one accepts", async () => {
    const { registry, server } = await openHttp({});
    await attach(server.registry, [good]);
    const others = createKeyPair().publicKey.export({ format: "pem", type: "spki" }).toString();
    const both = any([publicKeyPolicy({ key: others }), policyUnderTest]);
    expect(await both.evaluate(at(registry))).toMatchObject({ ok: true });
    expect(server.requests).toHaveLength(3);
  });

  test("and a policy of several finds what only a second look finds", async () => {
    const { registry, server } = await openHttp({});
    await attach(server.registry, [one, older]);
    const others = createKeyPair().publicKey.export({ format: "pem", type: "spki" }).toString();
    const both = any([publicKeyPolicy({ key: others }), any([policyUnderTest])]);
    expect(await both.evaluate(at(registry))).toMatchObject({ ok: true });
  });
});

describe("too many bundles", () => {
  const many = Array.from({ length: 150 }, (_, i) => wrongBundle(i));
  const expectTooMany = (verdict: Verdict): void => {
    if (verdict.ok) throw new Error("accepted");
    expect(verdict.reasons[0]?.message).toMatch(
      /^too many bundles refer to .*@sha256:[0-9a-f]+: none of the first 100 does, and 51 more were not looked at; /u,
    );
  };

  test("are said first of all", async () => {
    for (const quirks of [{}, { noReferrersFilter: true }]) {
      const { registry, server } = await openHttp(quirks);
      await attach(server.registry, [...many, good]);
      expectTooMany(await verdictOf(registry));
      const read = server.requests.filter(({ path: asked }) => asked.includes("/blobs/"));
      expect(read).toHaveLength(100);
    }
    const { registry } = await openWithFallbackTag([...many, good], () => ({
      artifactType: bundleMediaType,
    }));
    expectTooMany(await verdictOf(registry));
    expectTooMany(await verdictOf(await openLayout([...many, good]), ""));
  });

  test("up to 99 of them are none", async () => {
    const { registry, server } = await openHttp({});
    await attach(server.registry, [...many.slice(0, 99), good]);
    expect(await verdictOf(registry)).toMatchObject(accepted(good));
  });
});
