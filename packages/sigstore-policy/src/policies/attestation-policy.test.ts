import { createHash, sign } from "node:crypto";
import type { Descriptor, PolicySubject, Registry, Verdict } from "@blob/registry";
import { createMemoryRegistry, RegistryError, sha256Digest } from "@blob/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleMediaType } from "../bundle/bundle-json.js";
import type { TestSigstore } from "../sigstore-server/index.js";
import { createKeyPair, startTestSigstore } from "../sigstore-server/index.js";
import type { AttestationRule } from "./attestation-policy.js";
import { attestationPolicy } from "./attestation-policy.js";
import { resolveRequirement } from "../verify/resolve-requirement.js";
import { signedPredicateType } from "./verified-attestation.js";

const imageManifest = "application/vnd.oci.image.manifest.v1+json";
const bytes = Buffer.from("{}");
const sha256 = createHash("sha256").update(bytes).digest();
const descriptor: Descriptor = { mediaType: imageManifest, digest: sha256Digest(bytes), size: bytes.length };
const keys = createKeyPair();
const key = keys.publicKey.export({ format: "pem", type: "spki" }).toString();

let sigstore: TestSigstore;
beforeAll(async () => {
  sigstore = await startTestSigstore();
});
afterAll(() => sigstore.close());

function attestation(predicateType: string, about: Uint8Array = sha256): unknown {
  const payload = JSON.stringify({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: Buffer.from(about).toString("hex") } }],
    predicateType,
    predicate: {},
  });
  return sigstore.forge({ payload, privateKey: keys.privateKey, certificate: undefined, log: "none" });
}

interface Attached {
  /** What the registry says that it states. */
  readonly said?: string | undefined;
  readonly bundle: unknown;
  /** Thrown instead of an answer. */
  readonly trouble?: unknown;
}

interface Listed {
  readonly subject: PolicySubject;
  readonly digests: readonly string[];
  /** Of the referrers that were asked for, in their order. */
  readonly asked: string[];
}

/** A registry in which these bundles refer to the subject. */
function listing(...attached: readonly Attached[]): Listed {
  const asked: string[] = [];
  const referrers = attached.map(({ said, bundle, trouble }, i) => {
    const blob = Buffer.from(JSON.stringify(bundle));
    const layers = [{ mediaType: bundleMediaType, digest: sha256Digest(blob), size: blob.length }];
    const manifest = Buffer.from(
      JSON.stringify({
        artifactType: bundleMediaType,
        subject: descriptor,
        layers,
        annotations: { i: String(i) },
      }),
    );
    const named = {
      mediaType: imageManifest,
      artifactType: bundleMediaType,
      digest: sha256Digest(manifest),
      size: manifest.length,
    };
    const referrer: Descriptor =
      said === undefined ? named : { ...named, annotations: { "dev.sigstore.bundle.predicateType": said } };
    return { blob, manifest, trouble, referrer };
  });
  const registry: Registry = {
    ...createMemoryRegistry(),
    async *referrers() {
      yield* await Promise.resolve(referrers.map(({ referrer }) => referrer));
    },
    manifest(_repository, digest) {
      asked.push(digest);
      const found = referrers.find(({ referrer }) => referrer.digest === digest);
      if (found === undefined) throw new Error("not listed");
      if (found.trouble !== undefined) throw found.trouble;
      return Promise.resolve({ descriptor: found.referrer, bytes: found.manifest });
    },
    async *readBlob(_repository, { digest }) {
      const found = referrers.find(({ blob }) => sha256Digest(blob) === digest);
      yield await Promise.resolve(found?.blob ?? new Uint8Array(0));
    },
  };
  return {
    subject: { registry, repository: "acme/site", manifest: { descriptor, bytes } },
    digests: referrers.map(({ referrer }) => referrer.digest),
    asked,
  };
}

function evaluate(
  { subject }: Listed,
  rule: Partial<AttestationRule> = {},
  signal?: AbortSignal,
): Promise<Verdict> {
  const requirement = resolveRequirement("it", { key });
  const whole = { name: "it", requirement, predicateTypes: undefined, refuse: () => undefined, ...rule };
  return attestationPolicy(whole).evaluate(subject, { signal });
}

async function reasons(listed: Listed, rule: Partial<AttestationRule> = {}): Promise<readonly string[]> {
  const verdict = await evaluate(listed, rule);
  if (verdict.ok) throw new Error("accepted");
  expect(verdict.reasons.every(({ policy }) => policy === "it")).toBe(true);
  return verdict.reasons.map(({ message }) => message);
}

describe("the order in which bundles are looked at", () => {
  const types = ["type a", "type b"];
  const mixed = (): Listed =>
    listing(
      { bundle: attestation("other"), said: "other" },
      { bundle: attestation("other") },
      { bundle: attestation("type b"), said: "type b" },
      { bundle: attestation("type a"), said: "type a" },
    );

  test("begins with those that are said to be of a wanted type, and ends with the first that does", async () => {
    const listed = mixed();
    const verdict = await evaluate(listed, { predicateTypes: types });
    const [, , third] = listed.digests;
    expect(verdict).toMatchObject({ ok: true, evidence: [{ digest: third, predicateType: "type b" }] });
    expect(listed.asked).toEqual([third]);
  });

  test("has each bundle once", async () => {
    const listed = mixed();
    await reasons(listed, { predicateTypes: types, refuse: () => "no" });
    const [first, second, third, fourth] = listed.digests;
    expect(listed.asked).toEqual([third, fourth, first, second]);
  });

  test("is that of the registry when any type does", async () => {
    const listed = mixed();
    await reasons(listed, { refuse: () => "no" });
    expect(listed.asked).toEqual(listed.digests);
  });
});

describe("reasons", () => {
  const refused = (count: number): Listed =>
    listing(...Array.from({ length: count }, () => ({ bundle: attestation("x") })));

  test("name the bundle that they are about", async () => {
    const listed = refused(1);
    expect(await reasons(listed, { refuse: () => "not good enough" })).toEqual([
      `${listed.digests[0] ?? ""}: not good enough`,
    ]);
  });

  test("are ten, and the number of the others", async () => {
    const refuse = (): string => "no";
    expect(await reasons(refused(10), { refuse })).toHaveLength(10);
    const eleven = await reasons(refused(11), { refuse });
    expect(eleven).toHaveLength(11);
    expect(eleven.at(-1)).toBe("and 1 more bundles, refused likewise");
    expect((await reasons(refused(13), { refuse })).slice(10)).toEqual([
      "and 3 more bundles, refused likewise",
    ]);
  });

  test("are one when there is no bundle", async () => {
    expect(await reasons(listing())).toEqual([`acme/site@${descriptor.digest} has no Sigstore bundle`]);
  });
});

describe("a bundle that could not be looked at", () => {
  const trouble = new RegistryError("Network", "out of reach");

  test("is an error when no other one does, since it might", async () => {
    const listed = listing({ bundle: {}, trouble }, { bundle: attestation("x", Buffer.alloc(32)) });
    await expect(evaluate(listed)).rejects.toBe(trouble);
    expect(listed.asked).toHaveLength(2);
    await expect(evaluate(listing({ bundle: {}, trouble }))).rejects.toBe(trouble);
  });

  test("does not matter when another one does", async () => {
    expect(await evaluate(listing({ bundle: {}, trouble }, { bundle: attestation("x") }))).toMatchObject({
      ok: true,
    });
  });
});

test.each([
  ["refuses", (): string => "no"],
  [
    "throws",
    (): never => {
      throw new Error("trouble");
    },
  ],
])("an abort ends the evaluation with its reason, also while a rule %s", async (_what, refuse) => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const rule = {
    refuse: (): string => {
      controller.abort(reason);
      return refuse();
    },
  };
  const listed = listing({ bundle: attestation("x") }, { bundle: attestation("x") });
  await expect(evaluate(listed, rule, controller.signal)).rejects.toBe(reason);
  expect(listed.asked).toHaveLength(1);
});

test("a signature over the manifest's bytes states that it is signed", async () => {
  const bundle = {
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: "" } },
    messageSignature: {
      messageDigest: { algorithm: "SHA2_256", digest: sha256.toString("base64") },
      signature: sign("sha256", bytes, keys.privateKey).toString("base64"),
    },
  };
  const listed = listing({ bundle });
  expect(await evaluate(listed, { predicateTypes: [signedPredicateType] })).toMatchObject({
    ok: true,
    evidence: [{ policy: "it", predicateType: signedPredicateType, signer: { kind: "key" } }],
  });
  const [reason] = await reasons(listed, { predicateTypes: ["type a", "type b"] });
  expect(reason).toContain(`states ${signedPredicateType}, not type a or type b`);
});

test("a policy that would accept no type cannot be made", () => {
  const requirement = resolveRequirement("it", { key });
  expect(() =>
    attestationPolicy({ name: "it", requirement, predicateTypes: [], refuse: () => undefined }),
  ).toThrow(expect.objectContaining({ code: "InvalidPolicy" }));
});
