import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Digest, Policy, Signer, StatementClaim } from "@blob/registry";
import { sha256Digest } from "@blob/registry";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Client } from "../index.js";
import { createClient } from "../index.js";

const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** Signs by writing down what it was given. */
const signer: Signer = {
  name: "a test",
  sign: ({ descriptor, bytes }, { claim } = {}) =>
    Promise.resolve({
      mediaType: bundleType,
      bytes: Buffer.from(JSON.stringify({ signed: sha256Digest(bytes), digest: descriptor.digest, claim })),
      annotations: { "dev.sigstore.bundle.content": "dsse-envelope" },
    }),
};

const refuses: Policy = {
  name: "signed by us",
  evaluate: () => Promise.resolve({ ok: false, reasons: [] }),
};

let directory = "";
let source = "";
let registry: TestRegistry;
let client: Client;
let reference = "";

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-verbs-"));
  source = path.join(directory, "source");
  await writeTree(source, { "a.txt": "one", "b/c.txt": "two" });
});

afterAll(() => rm(directory, { recursive: true, force: true }));

beforeEach(async () => {
  registry = await startTestRegistry();
  client = createClient({ plainHttp: true });
  reference = `${registry.host}/acme/site:v1`;
});

afterEach(async () => {
  await client.close();
  await registry.close();
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("resolve says what a tag points to, with one request", async () => {
  const { descriptor } = await client.push(reference, source);
  registry.requests.splice(0);
  expect((await client.resolve(reference)).digest).toBe(descriptor.digest);
  expect(registry.requests).toHaveLength(1);
});

test("tags lists a repository", async () => {
  await client.push(reference, source, { tags: ["latest", "v2"] });
  expect(await collect(client.tags(`${registry.host}/acme/site`))).toEqual(["latest", "v1", "v2"]);
});

describe("delete", () => {
  test("takes a tag away and leaves the manifest", async () => {
    const { descriptor } = await client.push(reference, source, { tags: ["latest"] });
    await client.delete(reference);
    await expect(client.fetch(reference)).rejects.toMatchObject({ code: "NotFound" });
    expect((await client.fetch(reference.replace("v1", "latest"))).descriptor).toEqual(descriptor);
  });

  test("of a digest takes its tags with it", async () => {
    const { descriptor } = await client.push(reference, source);
    await client.delete(`${registry.host}/acme/site@${descriptor.digest}`);
    await expect(client.fetch(reference)).rejects.toMatchObject({ code: "NotFound" });
  });

  test("deletes nothing by default", async () => {
    await client.push(`${registry.host}/acme/site:latest`, source);
    await expect(client.delete(`${registry.host}/acme/site`)).rejects.toMatchObject({
      code: "InvalidReference",
    });
    await client.fetch(`${registry.host}/acme/site:latest`);
  });
});

describe("copy", () => {
  test("takes signatures along, byte by byte the same, and points tags to it", async () => {
    const pushed = await client.push(reference, source);
    const signed = await client.sign(pushed, signer);
    const layout = `oci:${path.join(directory, "copied")}`;
    const copied = await client.copy(reference, `${layout}:v1`, { tags: ["latest"] });
    expect(copied).toMatchObject({ descriptor: pushed.descriptor, manifests: 2, tags: ["v1", "latest"] });
    expect((await client.referrers(`${layout}:latest`)).map(({ digest }) => digest)).toEqual([
      signed.descriptor.digest,
    ]);
    const archive = await client.pull(`${layout}:v1`);
    expect(await archive.readFile("b/c.txt", "utf8")).toBe("two");
  });

  test("leaves signatures behind when it is told to", async () => {
    await client.sign(await client.push(reference, source), signer);
    const there = `${registry.host}/acme/other:v1`;
    await client.copy(reference, there, { referrers: false });
    expect(await client.referrers(there)).toEqual([]);
  });

  test("asks the policies before anything is written or read", async () => {
    await client.push(reference, source);
    registry.requests.splice(0);
    const copying = client.copy(reference, `${registry.host}/acme/other:v1`, { policies: [refuses] });
    await expect(copying).rejects.toMatchObject({ code: "PolicyViolation" });
    expect(registry.requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("refuses a destination with another digest", async () => {
    await client.push(reference, source);
    const other = `${registry.host}/acme/other@${sha256Digest(Buffer.from("other"))}`;
    await expect(client.copy(reference, other)).rejects.toMatchObject({ code: "DigestMismatch" });
  });

  test("to a digest writes no tag", async () => {
    const { descriptor } = await client.push(reference, source);
    const copied = await client.copy(reference, `${registry.host}/acme/other@${descriptor.digest}`);
    expect(copied.tags).toEqual([]);
    expect(await collect(client.tags(`${registry.host}/acme/other`))).toEqual([]);
  });
});

describe("diff", () => {
  test("of two archives reads no data", async () => {
    await client.push(reference, source);
    const changed = path.join(directory, "changed");
    await writeTree(changed, { "a.txt": "ONE", "d.txt": "new" });
    const other = reference.replace("v1", "v2");
    const { data } = await client.push(other, changed);
    registry.requests.splice(0);
    const found = await client.diff(reference, other);
    expect(found.added.map((entry) => entry.path)).toEqual(["d.txt"]);
    expect(found.removed.map((entry) => entry.path)).toEqual(["b/c.txt"]);
    expect(found.changed.map((entry) => entry.path)).toEqual(["a.txt"]);
    expect(registry.requests.some((request) => request.path.includes(data.digest))).toBe(false);
  });

  test("with a directory says what is different", async () => {
    await client.push(reference, source);
    const work = path.join(directory, "work");
    await writeTree(work, { "a.txt": "one", "b/c.txt": "2", "e.txt": "new" });
    expect(await client.diffDirectory(reference, work)).toMatchObject({
      added: ["e.txt"],
      changed: ["b/c.txt"],
      removed: [],
    });
  });
});

describe("sign", () => {
  test("attaches what the signer made of the manifest that was pushed", async () => {
    const pushed = await client.push(reference, source);
    const created = new Date("2026-11-23T17:07:28.5Z");
    const signed = await client.sign(pushed, signer, { created });
    expect(signed.subject).toEqual(pushed.descriptor);
    const { bytes } = await registry.registry.manifest("acme/site", signed.descriptor.digest);
    const manifest = JSON.parse(Buffer.from(bytes).toString()) as {
      layers: [{ digest: Digest; size: number }];
    };
    const { mediaType, digest, size } = pushed.descriptor;
    expect(manifest).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      artifactType: bundleType,
      config: {
        mediaType: "application/vnd.oci.empty.v1+json",
        digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        size: 2,
      },
      layers: [{ mediaType: bundleType, ...manifest.layers[0] }],
      subject: { mediaType, digest, size },
      annotations: {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "org.opencontainers.image.created": "2026-11-23T17:07:28Z",
      },
    });
    const layer = await collect(registry.registry.readBlob("acme/site", manifest.layers[0]));
    expect(JSON.parse(Buffer.concat(layer).toString())).toEqual({ signed: digest, digest });
  });

  test("of a tag signs what it pointed to when it was read, though it moves meanwhile", async () => {
    const { descriptor } = await client.push(reference, source);
    const moving: Signer = {
      name: "slow",
      async sign(manifest, options) {
        await client.push(reference, path.join(directory, "source", "b"));
        return signer.sign(manifest, options);
      },
    };
    expect((await client.sign(reference, moving)).subject.digest).toBe(descriptor.digest);
  });

  test("of a push signs that manifest, though the tag has moved", async () => {
    const pushed = await client.push(reference, source);
    await client.push(reference, path.join(directory, "source", "b"));
    expect((await client.sign(pushed, signer)).subject).toEqual(pushed.descriptor);
  });

  test("does not hand a manifest with a wrong byte to the signer", async () => {
    const pushed = await client.push(reference, source);
    registry.damage(pushed.descriptor.digest);
    const fresh = createClient({ plainHttp: true });
    await expect(fresh.sign(pushed, signer)).rejects.toMatchObject({ code: "DigestMismatch" });
    await fresh.close();
  });
});

test("attest attaches a claim, and both it and the signature are listed by type", async () => {
  const pushed = await client.push(reference, source);
  const claim: StatementClaim = { predicateType: "https://example.com/tested", predicate: { ok: true } };
  const attested = await client.attest(reference, signer, claim);
  const signed = await client.sign(pushed, signer);
  const listed = await client.referrers(reference, { artifactType: bundleType });
  expect(listed.map(({ digest }) => digest).toSorted()).toEqual(
    [attested.descriptor.digest, signed.descriptor.digest].toSorted(),
  );
  expect(await client.referrers(reference, { artifactType: "application/other" })).toEqual([]);
  const inspection = await client.inspect(reference);
  expect(await inspection.referrers()).toHaveLength(2);
});

describe("verify", () => {
  const digest: Digest = sha256Digest(Buffer.from("bundle"));
  const accepts: Policy = {
    name: "signed by anybody",
    evaluate: () =>
      Promise.resolve({
        ok: true,
        evidence: [
          {
            policy: "signed by anybody",
            digest,
            predicateType: "https://example.com/tested",
            signer: { kind: "key", fingerprint: "ab" },
          },
        ],
      }),
  };

  test("returns a verdict for each policy with its evidence or reasons", async () => {
    const { descriptor } = await client.push(reference, source);
    registry.requests.splice(0);
    const result = await client.verify(reference, { policies: [accepts, refuses] });
    expect(result).toMatchObject({ reference, descriptor, ok: false });
    expect(result.verdicts).toMatchObject([
      { policy: "signed by anybody", verdict: { ok: true, evidence: [{ digest }] } },
      { policy: "signed by us", verdict: { ok: false, reasons: [{ message: "refused without a reason" }] } },
    ]);
    expect(registry.requests).toHaveLength(1);
    expect((await client.verify(reference, { policies: [accepts] })).ok).toBe(true);
  });

  test("asks the client's policies too", async () => {
    await client.push(reference, source);
    const guarded = createClient({ plainHttp: true, policies: [refuses] });
    expect(await guarded.verify(reference)).toMatchObject({ ok: false });
    await guarded.close();
  });

  test("without a policy is an error, not an acceptance", async () => {
    await expect(client.verify(reference)).rejects.toMatchObject({ code: "InvalidArgument" });
  });

  test("throws the error of a policy that could not decide", async () => {
    await client.push(reference, source);
    const broken: Policy = { name: "broken", evaluate: () => Promise.reject(new Error("log out of reach")) };
    await expect(client.verify(reference, { policies: [accepts, broken] })).rejects.toThrow(
      "log out of reach",
    );
  });
});

describe("a pulled archive", () => {
  test("cannot be read after it was closed", async () => {
    await client.push(reference, source);
    let archive;
    {
      await using open = await client.pull(reference);
      archive = open;
      expect(await archive.readFile("a.txt", "utf8")).toBe("one");
    }
    expect(archive.isFile("a.txt")).toBe(true);
    await expect(archive.readFile("a.txt")).rejects.toMatchObject({ code: "Closed", reference });
  });

  test("stops a read that is under way when it is closed", async () => {
    await client.push(reference, source);
    registry.quirks.oneByteAtATime = true;
    const archive = await client.pull(reference);
    const chunks = archive.stream("b/c.txt")[Symbol.asyncIterator]();
    await chunks.next();
    await archive.close();
    await expect(chunks.next().then(() => chunks.next())).rejects.toMatchObject({ code: "Closed" });
  });

  test("reports how far manifest and index are", async () => {
    const pushed = await client.push(reference, source);
    const stages: string[] = [];
    await client.pull(reference, {
      onProgress: ({ stage, bytesDone, bytesTotal }) => stages.push(`${stage} ${bytesDone}/${bytesTotal}`),
    });
    const { size } = pushed.descriptor;
    expect(stages[1]).toBe(`fetching-manifest ${size}/${size}`);
    expect(stages.at(-1)).toBe(`fetching-index ${pushed.index.size}/${pushed.index.size}`);
  });
});

test("push mounts what another repository of the registry has", async () => {
  await client.push(reference, source);
  const pushed = await client.push(`${registry.host}/acme/fork:v1`, source, { mountFrom: "acme/site" });
  expect([pushed.index.pushed, pushed.data.pushed]).toEqual(["mounted", "mounted"]);
});
