import { hasProgram, startDockerRegistry, startTestRegistry } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Descriptor, Digest } from "../../descriptor.js";
import { createHttpRegistry } from "../../http-registry.js";
import type { LeftOut } from "../../left-out.js";
import { createMemoryRegistry } from "../../memory-registry.js";
import type { Registry } from "../../registry.js";
import type { TestBlob } from "../../testing/bytes.js";
import { blobOf, chunksOf } from "../../testing/bytes.js";
import type { Quirky } from "../../testing/quirky.js";
import { startQuirky } from "../../testing/quirky.js";

const hasDockerRegistry = hasProgram("docker-registry");
const repository = "acme/site";
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const emptyType = "application/vnd.oci.empty.v1+json";
const signature = "application/vnd.acme.signature";
const config = blobOf("{}");
const subject = manifestOf({});
const fallbackTag = subject.digest.replace(":", "-");

function manifestOf(more: object): TestBlob {
  const empty = { mediaType: emptyType, digest: config.digest, size: 2 };
  return blobOf(JSON.stringify({ schemaVersion: 2, mediaType, config: empty, layers: [], ...more }));
}

function signatureOf(digest: Digest, name: string): TestBlob {
  const annotations = { name };
  return manifestOf({ artifactType: signature, subject: { mediaType, digest, size: 1 }, annotations });
}

async function put(registry: Registry, manifest: TestBlob, tag?: string): Promise<Descriptor> {
  await registry.pushBlob(repository, config, () => chunksOf(config.bytes));
  const type = manifest.bytes.includes("image.index") ? indexType : mediaType;
  return registry.pushManifest(repository, { mediaType: type, bytes: manifest.bytes }, { tag });
}

async function names(registry: Registry, artifactType?: string): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for await (const one of registry.referrers(repository, subject.digest, { artifactType })) {
    found.push(one.annotations?.["name"]);
  }
  return found;
}

/** The names of all referrers, and what was left out. */
async function listWhole(
  registry: Registry,
): Promise<{ readonly found: (string | undefined)[]; readonly leftOut: LeftOut[] }> {
  const found: (string | undefined)[] = [];
  const leftOut: LeftOut[] = [];
  const options = { onLeftOut: (what: LeftOut) => void leftOut.push(what) };
  for await (const one of registry.referrers(repository, subject.digest, options)) {
    found.push(one.annotations?.["name"]);
  }
  return { found, leftOut };
}

async function startWithSubject(quirks = {}): Promise<Quirky> {
  const quirky = await startQuirky(quirks);
  await put(quirky.server.registry, subject, "v1");
  return quirky;
}

/** Six clients of their own attach at the same time. */
async function expectAllAttached(host: string): Promise<void> {
  const wanted = ["a", "b", "c", "d", "e", "f"];
  const clients = wanted.map((name) => ({ name, registry: createHttpRegistry(host, { plainHttp: true }) }));
  onTestFinished(async () => void (await Promise.all(clients.map(({ registry }) => registry.close()))));
  await Promise.all(clients.map(({ name, registry }) => put(registry, signatureOf(subject.digest, name))));
  const [first] = clients;
  expect(new Set(await names(first?.registry ?? createMemoryRegistry()))).toEqual(new Set(wanted));
}

const isReferrers = /\/referrers\//u;

describe("a registry with the API", () => {
  test("needs no fallback tag", async () => {
    const { registry, requests } = await startWithSubject();
    await put(registry, signatureOf(subject.digest, "one"));
    expect(requests().filter((request) => request.includes(fallbackTag))).toEqual([]);
    expect(await names(registry, signature)).toEqual(["one"]);
    expect(requests()).toEqual([`GET /v2/acme/site/referrers/${subject.digest}?… 200`]);
  });

  test("that filters by wrong types is read whole, and the manifests are asked", async () => {
    const { registry, server } = await startWithSubject();
    const one = signatureOf(subject.digest, "one");
    await put(server.registry, one);
    const entry = { mediaType, digest: one.digest, size: 99_999, artifactType: emptyType };
    const whole = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [entry] });
    const empty = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [] });
    const filtered = await startWithSubject({
      fail: { status: 200, times: 100, body: empty, path: /artifactType=/u },
    });
    await put(filtered.server.registry, one);
    expect(await names(filtered.registry, signature)).toEqual(["one"]);
    server.quirks.fail = { status: 200, times: 1, path: isReferrers, body: whole };
    expect(await names(registry, signature)).toEqual(["one"]);
  });

  test("that gives pages is read to the end", async () => {
    const { registry, server } = await startWithSubject();
    const entry = (name: string): object => ({
      mediaType,
      digest: blobOf(name).digest,
      size: 5,
      artifactType: signature,
      annotations: { name },
    });
    const page = (name: string): string =>
      JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [entry(name)] });
    server.quirks.fail = {
      status: 200,
      times: 1,
      path: isReferrers,
      body: page("one"),
      headers: { link: `</v2/acme/site/referrers/${subject.digest}?page=2>; rel="next"` },
    };
    await put(server.registry, signatureOf(subject.digest, "two"));
    expect(await names(registry)).toEqual(["one", "two"]);
  });
});

describe("a registry with the API whose list is partly broken", () => {
  test("gives the good ones, and tells about the others", async () => {
    const { registry, server } = await startWithSubject();
    const good = signatureOf(subject.digest, "good");
    const damaged = signatureOf(subject.digest, "damaged");
    for (const manifest of [good, damaged]) await put(server.registry, manifest);
    server.damage(damaged.digest);
    const entry = (digest: string): object => ({ mediaType, digest, size: 1 });
    const manifests = [entry(damaged.digest), 7, entry(blobOf("gone").digest), entry(good.digest)];
    const body = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
    server.quirks.fail = { status: 200, times: 1, path: isReferrers, body };
    const { found, leftOut } = await listWhole(registry);
    expect(found).toEqual(["good"]);
    expect(leftOut.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "descriptor 7",
      `referrer ${damaged.digest}`,
      `referrer ${blobOf("gone").digest}`,
    ]);
  });

  test("fails when a manifest cannot be read for other reasons", async () => {
    const { registry, server } = await startWithSubject();
    const good = signatureOf(subject.digest, "good");
    await put(server.registry, good);
    const manifests = [{ mediaType, digest: good.digest, size: 1 }];
    const body = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
    server.quirks.forRequest = ({ path }) =>
      path.includes("/referrers/")
        ? { fail: { status: 200, times: 1, body } }
        : { fail: { status: 503, times: 1 } };
    await expect(names(registry)).rejects.toMatchObject({ code: "Unavailable" });
  });

  test("that tells of another subject is not believed: the fallback tag is written", async () => {
    const { registry, server } = await startWithSubject({ subjectHeader: blobOf("another").digest });
    await put(registry, signatureOf(subject.digest, "one"));
    expect((await server.registry.resolve(repository, fallbackTag)).mediaType).toBe(indexType);
  });
});

describe("a registry without the API", () => {
  test("is told by the fallback tag, with types and annotations", async () => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    const one = await put(registry, signatureOf(subject.digest, "one"));
    await put(registry, signatureOf(subject.digest, "two"));
    expect(await names(registry, signature)).toEqual(["one", "two"]);
    const { bytes } = await server.registry.manifest(repository, fallbackTag);
    const index = JSON.parse(Buffer.from(bytes).toString()) as { manifests: object[] };
    expect(index).toMatchObject({ schemaVersion: 2, mediaType: indexType });
    expect(index.manifests[0]).toEqual({ ...one, artifactType: signature, annotations: { name: "one" } });
  });

  test.each([
    ["400", { status: 400 }],
    ["405", { status: 405 }],
    ["a login page", { status: 200, body: "<html>Sign in</html>" }],
    ["another kind of JSON", { status: 200, body: '{"errors":[]}' }],
    ["a manifest", { status: 200, body: subject.bytes.toString() }],
  ])("may answer with %s", async (_name, reply) => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    await put(registry, signatureOf(subject.digest, "one"));
    server.quirks.fail = { times: 100, path: isReferrers, ...reply };
    expect(await names(registry)).toEqual(["one"]);
  });

  test("is not believed: types, subjects and even existence come from the manifests", async () => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    const mine = signatureOf(subject.digest, "mine");
    const foreign = signatureOf(blobOf("another").digest, "foreign");
    for (const manifest of [mine, foreign]) await put(server.registry, manifest);
    const entry = ({ digest }: TestBlob): object => ({ mediaType, digest, size: 1, artifactType: emptyType });
    const manifests = [entry(mine), entry(foreign), entry(blobOf("gone")), entry(subject), "nonsense"];
    await put(
      server.registry,
      blobOf(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests })),
      fallbackTag,
    );
    expect(await names(registry, signature)).toEqual(["mine"]);
  });

  test("keeps what others wrote into the fallback index", async () => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    const entry = { mediaType, digest: blobOf("x").digest, size: 1, "com.acme": true };
    const index = {
      schemaVersion: 2,
      mediaType: indexType,
      manifests: [entry],
      annotations: { by: "others" },
    };
    await put(server.registry, blobOf(JSON.stringify(index)), fallbackTag);
    await put(registry, signatureOf(subject.digest, "one"));
    const { bytes } = await server.registry.manifest(repository, fallbackTag);
    const written = JSON.parse(Buffer.from(bytes).toString()) as { manifests: object[] };
    expect(written).toMatchObject({ annotations: { by: "others" } });
    expect([written.manifests.length, written.manifests[0]]).toEqual([2, entry]);
  });

  test.each([
    ["the subject itself (GitLab)", subject, "it leads to the subject itself"],
    ["an image (cosign copy)", manifestOf({ annotations: { an: "image" } }), `it leads to ${mediaType}`],
  ])(
    "whose fallback tag leads to %s has no referrers, and cannot be given any",
    async (_name, there, why) => {
      const { registry, server } = await startWithSubject({ noReferrersApi: true });
      await put(server.registry, there, fallbackTag);
      const { found, leftOut } = await listWhole(registry);
      expect(found).toEqual([]);
      expect(leftOut).toEqual([
        { kind: "tag", name: fallbackTag, why: expect.stringContaining(why) as string },
      ]);
      await expect(put(registry, signatureOf(subject.digest, "one"))).rejects.toMatchObject({
        code: "ReferrersUnsupported",
        digest: subject.digest,
      });
      expect((await server.registry.resolve(repository, fallbackTag)).digest).toBe(there.digest);
    },
  );

  test.each([
    ["text", "junk"],
    ["JSON", '{"hello":"world"}'],
    ["a list that is none", JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: "none" })],
    ["more than fits", `{"mediaType":"${indexType}","x":"${"x".repeat(5_000_000)}"}`],
  ])("whose fallback tag holds %s has no referrers", async (_name, body) => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    server.quirks.fail = { status: 200, times: 100, path: new RegExp(`^GET .*${fallbackTag}`, "u"), body };
    const { found, leftOut } = await listWhole(registry);
    expect(found).toEqual([]);
    expect(leftOut).toMatchObject([{ kind: "tag", name: fallbackTag }]);
  });

  test.each([
    ["400", { status: 400 }],
    ["405", { status: 405 }],
    ["a page", { status: 200, body: "<html>Sign in</html>" }],
  ])("and whose fallback tag is answered with %s supports no referrers", async (_name, reply) => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    server.quirks.fail = { times: 100, path: new RegExp(`^GET .*${fallbackTag}`, "u"), ...reply };
    const error = { code: "ReferrersUnsupported", digest: subject.digest };
    await expect(names(registry)).rejects.toMatchObject(error);
    await expect(put(registry, signatureOf(subject.digest, "one"))).rejects.toMatchObject(error);
  });

  test("is not unsupported while it has trouble, or wants to know who asks", async () => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    for (const [status, code] of [
      [401, "Unauthorized"],
      [403, "Forbidden"],
      [503, "Unavailable"],
    ] as const) {
      server.quirks.fail = { status, times: 5, path: new RegExp(`^GET .*${fallbackTag}`, "u") };
      await expect(names(registry)).rejects.toMatchObject({ code });
      delete server.quirks.fail;
    }
  });

  test("lists all but the broken ones, and tells about those", async () => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    const good = signatureOf(subject.digest, "good");
    const damaged = signatureOf(subject.digest, "damaged");
    const foreign = signatureOf(blobOf("another").digest, "foreign");
    for (const manifest of [good, damaged, foreign]) await put(server.registry, manifest);
    server.damage(damaged.digest);
    const gone = blobOf("gone");
    const entry = ({ digest }: TestBlob): object => ({ mediaType, digest, size: 1 });
    const manifests = [
      "nonsense",
      { mediaType, digest: "sha256:short\u001b", size: 1 },
      ...[damaged, foreign, gone, good].map(entry),
      { ...entry(good), size: -1 },
    ];
    const index = blobOf(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
    await put(server.registry, index, fallbackTag);
    const { found, leftOut } = await listWhole(registry);
    expect(found).toEqual(["good"]);
    expect(leftOut.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "descriptor nonsense",
      "descriptor sha256:short",
      `descriptor ${good.digest}`,
      `referrer ${damaged.digest}`,
      `referrer ${foreign.digest}`,
      `referrer ${gone.digest}`,
    ]);
    for (const { why } of leftOut) expect(why).not.toBe("");
  });

  test("sees two clients at once, in the end", async () => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    const other = createHttpRegistry(server.host, { plainHttp: true });
    await put(registry, signatureOf(subject.digest, "a"));
    await put(other, signatureOf(subject.digest, "b"));
    await put(registry, signatureOf(subject.digest, "c"));
    expect(await names(other)).toEqual(["a", "b", "c"]);
    await other.close();
  });

  test("notices a writer that overwrites its entry after it was seen", async () => {
    const behind = createMemoryRegistry();
    let reads = 0;
    let release = (): void => undefined;
    const firstIsSure = new Promise<void>((resolve) => {
      release = resolve;
    });
    const server = await startTestRegistry({
      quirks: { noReferrersApi: true },
      registry: {
        ...behind,
        async manifest(name, reference, options) {
          if (reference === fallbackTag) reads += 1;
          try {
            return await behind.manifest(name, reference, options);
          } finally {
            // Both writers have read that there is nothing; then the first one wrote, and has seen it.
            if (reads === 3) release();
          }
        },
        async pushManifest(name, manifest, options) {
          const isLate =
            options?.tag === fallbackTag && Buffer.from(manifest.bytes).includes("late") && reads === 2;
          if (isLate) await firstIsSure;
          return behind.pushManifest(name, manifest, options);
        },
      },
    });
    onTestFinished(() => server.close());
    await put(behind, subject, "v1");
    const clients = [0, 1].map(() => createHttpRegistry(server.host, { plainHttp: true }));
    onTestFinished(async () => void (await Promise.all(clients.map((client) => client.close()))));
    const [one, two] = clients;
    if (one === undefined || two === undefined) throw new Error("there are two");
    await Promise.all([
      put(one, signatureOf(subject.digest, "early")),
      put(two, signatureOf(subject.digest, "late")),
    ]);
    expect(new Set(await names(one))).toEqual(new Set(["early", "late"]));
  });

  test("loses nothing when many write at once", async () => {
    const { server } = await startWithSubject({ noReferrersApi: true });
    await expectAllAttached(server.host);
  });

  test.runIf(hasDockerRegistry)("loses nothing in a real registry either", async () => {
    const server = await startDockerRegistry();
    onTestFinished(() => server.close());
    const registry = createHttpRegistry(server.host, { plainHttp: true });
    await put(registry, subject, "v1");
    await registry.close();
    await expectAllAttached(server.host);
  });

  test("that changes the index under us is asked again", async () => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    server.quirks.fail = { status: 412, times: 2, path: new RegExp(`^PUT .*${fallbackTag}`, "u") };
    await put(registry, signatureOf(subject.digest, "one"));
    expect(await names(registry)).toEqual(["one"]);
  });
});

test("errors of the API are errors, not an empty list", async () => {
  const { registry, server } = await startWithSubject();
  for (const [status, code] of [
    [401, "Unauthorized"],
    [403, "Forbidden"],
    [500, "Unavailable"],
  ] as const) {
    server.quirks.fail = { status, times: 5, path: isReferrers };
    await expect(names(registry)).rejects.toMatchObject({ code });
    delete server.quirks.fail;
  }
});

describe("a list that is too long is an error, and never cut", () => {
  const entry = (at: number, more: object = {}): object => {
    const { digest } = blobOf(String(at));
    return { mediaType, digest, size: 1, artifactType: "application/spdx+json", ...more };
  };
  const indexOf = (manifests: readonly object[]): string =>
    JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests });
  const again = { link: `</v2/acme/site/referrers/${subject.digest}?again>; rel="next"` };
  const tooMany = {
    code: "SizeExceeded",
    message: expect.stringContaining("there are too many") as string,
  };

  test.each([
    ["entries", indexOf(Array.from({ length: 10_001 }, (_, at) => entry(at))), 1],
    ["pages", indexOf([]), 1000],
    ["bytes", indexOf([entry(1, { annotations: { text: "x".repeat(4_000_000) } })]), 9],
  ])("by its %s", async (_name, body, requests) => {
    const { registry, server } = await startWithSubject();
    server.quirks.fail = { status: 200, times: 2000, path: isReferrers, body, headers: again };
    await expect(names(registry)).rejects.toMatchObject(tooMany);
    expect(server.requests).toHaveLength(requests);
  });

  test("under the fallback tag", async () => {
    const { registry, server } = await startWithSubject({ noReferrersApi: true });
    const list = blobOf(indexOf(Array.from({ length: 10_001 }, (_, at) => entry(at))));
    await put(server.registry, list, fallbackTag);
    await expect(names(registry)).rejects.toMatchObject(tooMany);
  });

  test("and those of a type are found without a look at what is of no type", async () => {
    const { registry, server, requests } = await startWithSubject();
    const good = signatureOf(subject.digest, "good");
    await put(server.registry, good);
    const untyped = Array.from({ length: 500 }, (_, at) => entry(at, { artifactType: emptyType }));
    const { digest } = good;
    const said = { mediaType, digest, size: 1, artifactType: signature, annotations: { name: "good" } };
    server.quirks.fail = { status: 200, times: 1, path: isReferrers, body: indexOf([...untyped, said]) };
    expect(await names(registry, signature)).toEqual(["good"]);
    expect(requests()).toHaveLength(1);
  });
});
