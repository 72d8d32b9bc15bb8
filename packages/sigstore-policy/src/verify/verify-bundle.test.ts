import type { KeyObject } from "node:crypto";
import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPolicyError } from "../errors.js";
import type { KeyRequirement } from "./requirements.js";
import type { BundleContent, BundleJson, TestSigstore } from "../sigstore-server/index.js";
import {
  createKeyPair,
  hashedRekordBody,
  hashedRekordV2Body,
  identityExtensions,
  signBytes,
  startTestSigstore,
} from "../sigstore-server/index.js";
import { preAuthEncoding } from "../bundle/pae.js";
import { inTotoPayloadType } from "../bundle/bundle-json.js";
import { parsePublicKey } from "../keys/public-key.js";
import { checkBundle } from "./check-bundle.js";
import type { Artifact } from "./signed-content.js";
import { verifyBundle } from "./verify-bundle.js";

const artifact = Buffer.from("any file");
const sha256 = createHash("sha256").update(artifact).digest("hex");
const identity = { issuer: "https://accounts.example.com", subject: "dev@example.com" };
const keys = createKeyPair();
const payload = JSON.stringify({
  _type: "https://in-toto.io/Statement/v0.1",
  subject: [
    { name: "other", digest: { sha256: "0".repeat(64) } },
    { name: "it", digest: { sha256 } },
  ],
  predicateType: "https://example.com/anything",
  predicate: { is: "taken" },
});

let sigstore: TestSigstore;
let root: Record<string, unknown>;
beforeAll(async () => {
  sigstore = await startTestSigstore();
  root = JSON.parse(JSON.stringify(sigstore.trustedRoot));
});
afterAll(() => sigstore.close());

function certificate(notBefore?: Date): Uint8Array {
  return sigstore.certificateAuthority.issue({
    publicKey: keys.publicKey,
    subjectAlternativeNames: [{ type: "email", value: identity.subject }],
    extensions: identityExtensions({ iss: identity.issuer }),
    notBefore,
  });
}

function forge(content: Partial<BundleContent> = {}): BundleJson {
  return sigstore.forge({ payload, privateKey: keys.privateKey, certificate: certificate(), ...content });
}

const sourceOf = (trustedRoot: unknown): { name: string; load: () => Promise<Uint8Array> } => ({
  name: "root.json",
  load: () => Promise.resolve(Buffer.from(JSON.stringify(trustedRoot))),
});

/** Undefined when the bundle verifies, else why not. */
async function refusal(
  bundle: unknown,
  options: { trustedRoot?: unknown; what?: Artifact; key?: KeyRequirement } = {},
): Promise<string | undefined> {
  const { trustedRoot = root, what = { bytes: artifact }, key } = options;
  const requirement = key ?? { identity, trustedRoot: sourceOf(trustedRoot) };
  try {
    await verifyBundle({ ...requirement, bundle: Buffer.from(JSON.stringify(bundle)), artifact: what });
    return undefined;
  } catch (error) {
    if (isPolicyError(error) && error.code === "NotVerified") return error.message;
    throw error;
  }
}

/** Of what the envelope's signature covers. */
function encodedDigest(): Buffer {
  return createHash("sha256")
    .update(preAuthEncoding(inTotoPayloadType, Buffer.from(payload)))
    .digest();
}

function pemOf(key: KeyObject): string {
  return createPublicKey(key).export({ format: "pem", type: "spki" }).toString();
}

/** A signature over the artifact's bytes, without a log. */
function messageBundle(privateKey: KeyObject): unknown {
  return {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: { publicKey: { hint: "any" } },
    messageSignature: {
      messageDigest: { algorithm: "SHA2_256", digest: Buffer.from(sha256, "hex").toString("base64") },
      signature: signBytes(privateKey, artifact).toString("base64"),
    },
  };
}

test("a statement of any type about the artifact, among others, is returned", async () => {
  const checked = await verifyBundle({
    identity,
    trustedRoot: sourceOf(root),
    bundle: Buffer.from(JSON.stringify(forge())),
    artifact: { sha256 },
  });
  expect(checked).toMatchObject({
    signer: { kind: "certificate", claims: identity },
    statement: { predicateType: "https://example.com/anything", predicate: { is: "taken" } },
  });
});

test("a trusted root that cannot be read is an error of its own", async () => {
  for (const trustedRoot of [{}, [], { mediaType: "application/json" }]) {
    await expect(refusal(forge(), { trustedRoot })).rejects.toMatchObject({ code: "InvalidTrustedRoot" });
  }
});

describe("signatures over the artifact", () => {
  const kinds = [
    ["P-256", generateKeyPairSync("ec", { namedCurve: "P-256" }), true],
    ["P-384", generateKeyPairSync("ec", { namedCurve: "P-384" }), false],
    ["P-521", generateKeyPairSync("ec", { namedCurve: "P-521" }), false],
    ["RSA", generateKeyPairSync("rsa", { modulusLength: 2048 }), true],
    ["Ed25519", generateKeyPairSync("ed25519"), false],
  ] as const;

  test.each(kinds)("with %s", async (_name, { privateKey }, digestDoes) => {
    const bundle = messageBundle(privateKey);
    const key = { key: pemOf(privateKey) };
    expect(await refusal(bundle, { key })).toBeUndefined();
    expect(await refusal(bundle, { key, what: { bytes: Buffer.from("other") } })).toContain(
      "another artifact",
    );
    const byDigest = await refusal(bundle, { key, what: { sha256 } });
    if (digestDoes) expect(byDigest).toBeUndefined();
    else expect(byDigest).toContain("only be verified with the artifact's bytes");
  });

  test.each(kinds.filter(([, , digestDoes]) => digestDoes))(
    "by digest with %s, of another artifact or by another key, are refused",
    async (_name, { privateKey }) => {
      const other = createHash("sha256").update("other").digest();
      const moved = {
        ...Object(messageBundle(privateKey)),
        messageSignature: {
          messageDigest: { algorithm: "SHA2_256", digest: other.toString("base64") },
          signature: signBytes(privateKey, artifact).toString("base64"),
        },
      };
      const key = { key: pemOf(privateKey) };
      expect(await refusal(moved, { key, what: { sha256: other.toString("hex") } })).toContain("signature");
      const foreign = { key: pemOf(keys.privateKey) };
      expect(await refusal(messageBundle(privateKey), { key: foreign, what: { sha256 } })).toContain(
        "signature",
      );
    },
  );

  test("with a key need no log, when the requirement says so, and a trusted root may be empty", async () => {
    const empty = sourceOf({ mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1" });
    const key = { key: pemOf(keys.privateKey), trustedRoot: empty };
    const bundle = messageBundle(keys.privateKey);
    expect(await refusal(bundle, { key: { ...key, thresholds: { logEntries: 0 } } })).toBeUndefined();
    expect(await refusal(bundle, { key })).toContain("0 log entries");
  });
});

describe("digests of the artifact", () => {
  const withDigest = (algorithm: string, digest: Uint8Array): unknown => ({
    ...Object(messageBundle(keys.privateKey)),
    messageSignature: {
      messageDigest: { algorithm, digest: Buffer.from(digest).toString("base64") },
      signature: signBytes(keys.privateKey, artifact).toString("base64"),
    },
  });
  const key = { key: pemOf(keys.privateKey) };
  const hashed = (name: string): Buffer => createHash(name).update(artifact).digest();

  test("of any length have to fit, where they can be checked", async () => {
    const long = withDigest("SHA2_512", hashed("sha512"));
    expect(await refusal(long, { key })).toBeUndefined();
    expect(await refusal(withDigest("SHA2_384", hashed("sha384")), { key })).toBeUndefined();
    expect(await refusal(withDigest("SHA2_512", hashed("sha384")), { key })).toContain("another artifact");
    expect(await refusal(long, { key, what: { sha256 } })).toContain("another artifact");
  });

  test("of an unknown algorithm are refused", async () => {
    expect(await refusal(withDigest("SHA3_256", hashed("sha3-256")), { key })).toContain("unknown algorithm");
  });

  test("do not stand for the artifact when nobody can verify with them", () => {
    const bundle = Buffer.from(JSON.stringify(messageBundle(keys.privateKey)));
    const thresholds = { logEntries: 0, certificateTimestamps: 0, signedTimes: 0 };
    const check = { bundle, key: parsePublicKey(key.key), trust: undefined, thresholds };
    expect(checkBundle({ ...check, artifact: { bytes: artifact } }).signer.kind).toBe("key");
    expect(() => checkBundle({ ...check, artifact: { sha256 } })).toThrow("signature verification failed");
  });
});

describe("versions of bundles", () => {
  const withType = (mediaType: string, bundle: BundleJson = forge()): unknown => ({ ...bundle, mediaType });
  const withChain = (mediaType: string, ...more: readonly Uint8Array[]): unknown => {
    const bundle = forge();
    const { certificate: leaf, ...material } = bundle.verificationMaterial;
    const certificates = [leaf, ...more.map((raw) => ({ rawBytes: Buffer.from(raw).toString("base64") }))];
    return {
      ...bundle,
      mediaType,
      verificationMaterial: { ...material, x509CertificateChain: { certificates } },
    };
  };

  test.each([
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
  ])("%s, with a chain and without", async (type) => {
    expect(await refusal(withType(type))).toBeUndefined();
    expect(await refusal(withChain(type))).toBeUndefined();
    expect(await refusal(withChain(type, certificate()))).toBeUndefined();
    expect(await refusal(withChain(type, sigstore.certificateAuthority.certificate))).toContain(
      "root certificate",
    );
  });

  test("0.3 has one certificate and no chain", async () => {
    expect(await refusal(withType("application/vnd.dev.sigstore.bundle+json;version=0.3"))).toBeUndefined();
    expect(await refusal(withChain("application/vnd.dev.sigstore.bundle.v0.3+json"))).toContain(
      "lacks a field",
    );
  });

  test("others are not known", async () => {
    for (const type of ["application/vnd.dev.sigstore.bundle.v0.4+json", "application/json", ""]) {
      expect(await refusal(withType(type))).toContain("unknown media type");
    }
  });

  test("0.1 may have a promise without a proof, and later ones may not", async () => {
    const bundle = forge();
    const tlogEntries = (bundle.verificationMaterial.tlogEntries ?? []).map((entry) => {
      const { inclusionProof, ...rest } = entry;
      expect(inclusionProof).toBeDefined();
      return rest;
    });
    const without = { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries } };
    expect(
      await refusal(withType("application/vnd.dev.sigstore.bundle+json;version=0.1", without)),
    ).toBeUndefined();
    expect(await refusal(without)).toContain("inclusionProof");
  });
});

describe("kinds of log entries", () => {
  function logged(body: (signature: Uint8Array, verifier: Uint8Array) => unknown): BundleJson {
    const bundle = forge({ log: "none" });
    const signature = Buffer.from(bundle.dsseEnvelope?.signatures[0]?.sig ?? "", "base64");
    const leaf = Buffer.from(bundle.verificationMaterial.certificate?.rawBytes ?? "", "base64");
    const entry = sigstore.rekorV1.append(body(signature, leaf));
    return { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: [entry] } };
  }
  const encoded = encodedDigest();
  const payloadHash = createHash("sha256").update(payload).digest("base64");
  const dsseV002 = (signature: Uint8Array, verifier: Uint8Array, digest = payloadHash): unknown => ({
    apiVersion: "0.0.2",
    kind: "dsse",
    spec: {
      dsseV002: {
        payloadHash: { algorithm: "SHA2_256", digest },
        signatures: [
          {
            content: Buffer.from(signature).toString("base64"),
            verifier: {
              keyDetails: "PKIX_ECDSA_P256_SHA_256",
              x509Certificate: { rawBytes: Buffer.from(verifier).toString("base64") },
            },
          },
        ],
      },
    },
  });

  test("hashedrekord of both versions over an envelope, and dsse 0.0.2", async () => {
    expect(
      await refusal(logged((signature, leaf) => hashedRekordBody(encoded, signature, leaf))),
    ).toBeUndefined();
    expect(
      await refusal(logged((signature, leaf) => hashedRekordV2Body(encoded, signature, leaf))),
    ).toBeUndefined();
    expect(await refusal(logged((signature, leaf) => dsseV002(signature, leaf)))).toBeUndefined();
  });

  test("about another content, signature or signer", async () => {
    const zeros = Buffer.alloc(32);
    expect(await refusal(logged((signature, leaf) => hashedRekordBody(zeros, signature, leaf)))).toContain(
      "another content",
    );
    expect(
      await refusal(logged((signature, leaf) => dsseV002(signature, leaf, zeros.toString("base64")))),
    ).toContain("another content");
    expect(await refusal(logged((_signature, leaf) => hashedRekordBody(encoded, zeros, leaf)))).toContain(
      "another signature",
    );
    const other = certificate();
    expect(await refusal(logged((signature) => hashedRekordBody(encoded, signature, other)))).toContain(
      "another signer",
    );
  });

  test("that nobody knows", async () => {
    expect(await refusal(logged(() => ({ apiVersion: "9.0.0", kind: "dsse", spec: {} })))).toContain(
      "unknown kind dsse 9.0.0",
    );
  });
});

describe("validity in the trusted root", () => {
  const changedRoot = (list: string, change: (entry: Record<string, unknown>) => unknown): unknown => ({
    ...root,
    [list]: Array.isArray(root[list]) ? root[list].map((entry) => change(Object(entry))) : [],
  });
  const endOf = (end: string) => (entry: Record<string, unknown>) => ({
    ...entry,
    publicKey: { ...Object(entry["publicKey"]), validFor: { start: "2020-01-01T00:00:00Z", end } },
  });
  const validFor = { start: "2020-01-01T00:00:00Z" };
  const now = Math.floor(Date.now() / 1000) * 1000;
  const iso = (time: number): string => new Date(time).toISOString();

  test("of a log ends after its last second", async () => {
    const bundle = forge({ certificate: certificate(new Date(now)), loggedAt: new Date(now) });
    expect(await refusal(bundle, { trustedRoot: changedRoot("tlogs", endOf(iso(now))) })).toBeUndefined();
    expect(await refusal(bundle, { trustedRoot: changedRoot("tlogs", endOf(iso(now - 1000))) })).toContain(
      "the log was not in use",
    );
  });

  test("of a log that signs no times is that of the time stamp", async () => {
    const bundle = forge({ log: "hashedrekord-v2", timestamp: true });
    expect(await refusal(bundle)).toBeUndefined();
    const trustedRoot = changedRoot("tlogs", endOf(iso(now - 86_400_000)));
    expect(await refusal(bundle, { trustedRoot })).toContain("the log was not in use");
  });

  const stamped = (log: BundleContent["log"], time: number): BundleJson =>
    forge({
      certificate: certificate(new Date(now)),
      log,
      loggedAt: new Date(now),
      timestamp: new Date(time),
    });

  test("of a log that signs its times is not that of a later time stamp", async () => {
    const bundle = stamped("dsse", now + 60_000);
    expect(
      await refusal(bundle, { trustedRoot: changedRoot("tlogs", endOf(iso(now + 1000))) }),
    ).toBeUndefined();
  });

  test("of a log that signs no times covers all times that others sign", async () => {
    const bundle = stamped("hashedrekord-v2", now);
    expect(await refusal(bundle, { trustedRoot: changedRoot("tlogs", endOf(iso(now))) })).toBeUndefined();
    const [v2] = bundle.verificationMaterial.tlogEntries ?? [];
    const [digest, signature] = [
      encodedDigest(),
      Buffer.from(bundle.dsseEnvelope?.signatures[0]?.sig ?? "", "base64"),
    ];
    const leaf = Buffer.from(bundle.verificationMaterial.certificate?.rawBytes ?? "", "base64");
    const v1 = sigstore.rekorV1.append(hashedRekordBody(digest, signature, leaf), {
      time: new Date(now + 60_000),
    });
    const tlogEntries = [v1, v2];
    const both = { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries } };
    expect(await refusal(both)).toBeUndefined();
    // One of the two times is after its end.
    const ended = changedRoot("tlogs", (entry) =>
      String(entry["baseUrl"]).endsWith("/rekor-v2") ? endOf(iso(now + 30_000))(entry) : entry,
    );
    expect(await refusal(both, { trustedRoot: ended })).toContain("the log was not in use");
    const checked = await verifyBundle({
      identity,
      trustedRoot: sourceOf(root),
      bundle: Buffer.from(JSON.stringify(both)),
      artifact: { sha256 },
    });
    expect(checked.signedTimes).toEqual([new Date(now), new Date(now + 60_000)]);
  });

  test("of a log that signs no times has no end, where nobody else does", async () => {
    const bundle = forge({ certificate: undefined, log: "hashedrekord-v2" });
    const key = { key: pemOf(keys.privateKey) };
    const trusting = (trustedRoot: unknown): { key: KeyRequirement } => ({
      key: { ...key, trustedRoot: sourceOf(trustedRoot) },
    });
    expect(await refusal(bundle, trusting(root))).toBeUndefined();
    const ending = changedRoot("tlogs", endOf(iso(now + 86_400_000)));
    expect(await refusal(bundle, trusting(ending))).toContain("the log was not in use");
  });

  test("is not asked of a time that no log has signed", async () => {
    const bundle = forge({ certificate: certificate(new Date(now)), log: "hashedrekord-v2" });
    const claiming = (tlogEntries: unknown): unknown => ({
      ...bundle,
      verificationMaterial: { ...bundle.verificationMaterial, tlogEntries },
    });
    const [entry] = bundle.verificationMaterial.tlogEntries ?? [];
    const claimed = { ...entry, integratedTime: String(now / 1000) };
    expect(await refusal(claiming([claimed]))).toBe("the bundle has 0 signed times, and 1 are required");
  });

  test("does not matter to a key that is trusted by itself", async () => {
    const bundle = forge({ certificate: undefined, log: "hashedrekord-v2", timestamp: true });
    expect(await refusal(bundle, { key: { key: pemOf(keys.privateKey) } })).toBeUndefined();
  });

  test("of a time-stamp authority is its own", async () => {
    const bundle = forge({ log: "hashedrekord-v2", timestamp: true });
    const past = { ...validFor, end: "2020-02-01T00:00:00Z" };
    const ended = changedRoot("timestampAuthorities", (entry) => ({ ...entry, validFor: past }));
    const borrowed = {
      ...Object(ended),
      timestampAuthorities: [
        ...Object(ended).timestampAuthorities,
        { certChain: { certificates: [] }, validFor },
      ],
    };
    expect(await refusal(bundle, { trustedRoot: borrowed })).toContain("timestamp could not be verified");
  });

  test("of an authority with the same name and another key does not hide the right one", async () => {
    await using other = await startTestSigstore();
    const decoy: { certificateAuthorities: unknown[] } = JSON.parse(JSON.stringify(other.trustedRoot));
    const authorities = [...decoy.certificateAuthorities, ...(root["certificateAuthorities"] as unknown[])];
    for (const certificateAuthorities of [authorities, authorities.toReversed()]) {
      expect(await refusal(forge(), { trustedRoot: { ...root, certificateAuthorities } })).toBeUndefined();
    }
    expect(await refusal(forge(), { trustedRoot: { ...root, ...decoy } })).toBeTypeOf("string");
  });

  test("what has a key of an unknown kind does not spoil the rest", async () => {
    const unknown = {
      baseUrl: "https://new.example",
      logId: { keyId: "AAAA" },
      publicKey: { rawBytes: "AAAA", keyDetails: "PKIX_FUTURE", validFor: { start: "2020-01-01T00:00:00Z" } },
    };
    const tlogs = Array.isArray(root["tlogs"]) ? root["tlogs"] : [];
    expect(await refusal(forge(), { trustedRoot: { ...root, tlogs: [unknown, ...tlogs] } })).toBeUndefined();
  });
});
