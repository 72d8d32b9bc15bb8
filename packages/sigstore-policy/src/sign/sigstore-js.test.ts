import type { KeyObject } from "node:crypto";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import type { Descriptor, Manifest, Policy, PolicySubject } from "@blob/registry";
import { createMemoryRegistry, sha256Digest } from "@blob/registry";
import { bundleToJSON } from "@sigstore/bundle";
import type { Bundle, Signer as LibrarySigner, Witness } from "@sigstore/sign";
import {
  DSSEBundleBuilder,
  FulcioSigner,
  MessageSignatureBundleBuilder,
  RekorWitness,
  TSAWitness,
} from "@sigstore/sign";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PrivateKey } from "../index.js";
import {
  keylessSigner,
  keySigner,
  loadPrivateKey,
  publicKeyPolicy,
  sigstorePolicy,
  staticToken,
  trustedRootBytes,
} from "../index.js";
import { inTotoPayloadType } from "../bundle/bundle-json.js";
import { signatureAlgorithmOf } from "../keys/signature-algorithm.js";
import type { SigstoreRequest, TestSigstore } from "../sigstore-server/index.js";
import { githubActionsClaims, startTestSigstore } from "../sigstore-server/index.js";
import { statementAbout } from "./statement.js";

/*
 * `@sigstore/sign` is what npm signs packages with at the public services. Here it meets the test Sigstore, so that what
 * our signers ask these services for, and what they make of the answers, can be compared with what they are used to.
 */

let sigstore: TestSigstore;
beforeEach(async () => {
  sigstore = await startTestSigstore();
  // The first entry of a log has neither index nor hashes to show.
  sigstore.rekorV1.append({ apiVersion: "0.0.1", kind: "other", spec: {} });
});
afterEach(() => sigstore.close());

const mediaType = "application/vnd.oci.image.manifest.v1+json";
const bytes = Buffer.from('{"schemaVersion":2}');
const descriptor: Descriptor = { mediaType, digest: sha256Digest(bytes), size: bytes.length };
const manifest: Manifest = { descriptor, bytes };
const statement = {
  data: Buffer.from(statementAbout(manifest).payload),
  type: inTotoPayloadType,
};

const kinds = ["P-256", "P-384", "P-521", "RSA", "Ed25519"] as const;

function newKey(kind: (typeof kinds)[number]): KeyObject {
  if (kind === "RSA") return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  if (kind === "Ed25519") return generateKeyPairSync("ed25519").privateKey;
  return generateKeyPairSync("ec", { namedCurve: kind }).privateKey;
}

const load = (key: KeyObject): Promise<PrivateKey> =>
  loadPrivateKey(key.export({ type: "pkcs8", format: "pem" }));
const pemOf = ({ publicKey }: PrivateKey): string =>
  publicKey.key.export({ type: "spki", format: "pem" }).toString();

/** The library leaves keys to whoever has them. */
function libraryKey(key: KeyObject, { publicKey }: PrivateKey, pem: string): LibrarySigner {
  const hash = signatureAlgorithmOf(key)?.hash ?? null;
  return {
    sign: async (data) => ({
      signature: sign(hash, data, key),
      key: { $case: "publicKey", publicKey: pem, hint: publicKey.fingerprint },
    }),
  };
}

const token = (): string => sigstore.tokens.mint(githubActionsClaims("acme/site"));
const libraryIdentity = (identityToken: string): LibrarySigner =>
  new FulcioSigner({
    fulcioBaseURL: sigstore.urls.fulcio,
    identityProvider: { getToken: async () => identityToken },
  });
const logged = (): Witness =>
  new RekorWitness({ rekorBaseURL: sigstore.urls.rekorV1, fetchOnConflict: true });
const stamped = (): Witness => new TSAWitness({ tsaBaseURL: sigstore.urls.timestampAuthority });
const log = (): { url: string; version: 1 } => ({ url: sigstore.urls.rekorV1, version: 1 });

const libraryStatement = async (signer: LibrarySigner, ...witnesses: readonly Witness[]): Promise<Bundle> =>
  new DSSEBundleBuilder({ signer, witnesses: [...witnesses] }).create(statement);

/** The manifest in a registry where this bundle, and nothing else, refers to it. */
function carrying(bundle: Bundle): PolicySubject {
  const blob = Buffer.from(JSON.stringify(bundleToJSON(bundle)));
  const layers = [{ mediaType: bundle.mediaType, digest: sha256Digest(blob), size: blob.length }];
  const carrier = Buffer.from(
    JSON.stringify({ artifactType: bundle.mediaType, subject: descriptor, layers }),
  );
  const referrer: Descriptor = {
    mediaType,
    artifactType: bundle.mediaType,
    digest: sha256Digest(carrier),
    size: carrier.length,
  };
  const registry = {
    ...createMemoryRegistry(),
    async *referrers() {
      yield await Promise.resolve(referrer);
    },
    manifest: async () => ({ descriptor: referrer, bytes: carrier }),
    async *readBlob() {
      yield await Promise.resolve(blob);
    },
  };
  return { registry, repository: "acme/site", manifest };
}

const issuer = "https://token.actions.githubusercontent.com";
const workflow = "https://github.com/acme/site/.github/workflows/release.yml@refs/heads/main";
const trustedRoot = (): ReturnType<typeof trustedRootBytes> =>
  trustedRootBytes(Buffer.from(JSON.stringify(sigstore.trustedRoot)));
const byWorkflow = (subject = workflow): Policy =>
  sigstorePolicy({ identity: { issuer, subject }, trustedRoot: trustedRoot() });

describe("what the library signs, our policies accept", () => {
  test("with an identity: a statement, with a time stamp or without, and the manifest's bytes", async () => {
    const signer = libraryIdentity(token());
    const messages = new MessageSignatureBundleBuilder({ signer, witnesses: [logged()] });
    for (const bundle of [
      await libraryStatement(signer, logged()),
      await libraryStatement(signer, logged(), stamped()),
      await messages.create({ data: bytes }),
    ]) {
      expect(await byWorkflow().evaluate(carrying(bundle))).toMatchObject({ ok: true });
      expect(await byWorkflow(`${workflow}x`).evaluate(carrying(bundle))).toMatchObject({ ok: false });
    }
  });

  test.each(kinds)("with a key of kind %s", async (kind) => {
    const key = newKey(kind);
    const ours = await load(key);
    const pem = pemOf(ours);
    const signer = libraryKey(key, ours, pem);
    const anyKey = publicKeyPolicy({ key: pemOf(await load(newKey(kind))), trustedRoot: trustedRoot() });
    for (const witnesses of [[logged()], [logged(), stamped()]]) {
      const bundle = await libraryStatement(signer, ...witnesses);
      const signed = publicKeyPolicy({ key: pem, trustedRoot: trustedRoot() });
      expect(await signed.evaluate(carrying(bundle))).toMatchObject({ ok: true });
      expect(await anyKey.evaluate(carrying(bundle))).toMatchObject({ ok: false });
    }
  });
});

/** What no two signatures have in common. */
const individual = new Set(
  "oidcIdentityToken proofOfPossession content sig signature rawBytes signedTimestamp keyId signedEntryTimestamp rootHash hashes treeSize logIndex integratedTime artifactHash hint value".split(
    " ",
  ),
);

/** The structure of JSON, with each individual text as its kind, and JSON in it opened. */
function shapeOf(value: unknown, name = ""): unknown {
  if (name === "hashes") return "texts";
  if (Array.isArray(value)) return value.map((one: unknown) => shapeOf(one, name));
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([key, inner]): [string, unknown] => [key, shapeOf(inner, key)]);
    // Both spellings of "nothing" are one in protobuf JSON. The library repeats a key's hint beside the signature, where
    // cosign and sigstore-go refuse it.
    return Object.fromEntries(fields.filter(([key, inner]) => key !== "keyid" && !isEmpty(inner)));
  }
  if (typeof value !== "string") return individual.has(name) ? typeof value : value;
  if (name === "verifiers" || name === "verifier") return kindOfPem(Buffer.from(value, "base64").toString());
  if (name === "envelope" && value.startsWith("{")) return shapeOf(JSON.parse(value));
  if (name === "canonicalizedBody") return shapeOf(JSON.parse(Buffer.from(value, "base64").toString()));
  if (name === "envelope") return value.replaceAll(/[A-Za-z0-9+/]{40,}=*|^\d+$/gmu, "…");
  if (name === "content" && value.startsWith("-----")) return kindOfPem(value);
  return individual.has(name) ? "text" : value;
}

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.values(value).length === 0;
const kindOfPem = (pem: string): string => /-----BEGIN [A-Z ]+-----/u.exec(pem)?.[0] ?? "no PEM";

interface Asked {
  readonly service: string;
  readonly request: string;
  readonly type: string | undefined;
  readonly body: unknown;
}

const jsonOf = ({ body }: SigstoreRequest): unknown => JSON.parse(Buffer.from(body).toString());

/** What the services were asked since then, each but the time-stamp authority. */
const askedSince = (start: number): readonly Asked[] =>
  sigstore.requests
    .slice(start)
    .filter(({ service }) => service !== "timestampAuthority")
    .map((request) => ({
      service: request.service,
      request: `${request.method} ${request.path}`,
      type: request.headers["content-type"],
      body: shapeOf(jsonOf(request)),
    }));

describe("what our signers send and write is what the library sends and writes", () => {
  test("with an identity", async () => {
    const identityToken = token();
    const library = await libraryStatement(libraryIdentity(identityToken), logged());
    const theirs = askedSince(0);
    const start = sigstore.requests.length;
    const identity = staticToken(identityToken);
    const ours = await keylessSigner({ identity, fulcioUrl: sigstore.urls.fulcio, log: log() }).sign(
      manifest,
    );
    expect(askedSince(start)).toEqual(theirs);
    expect(theirs.map(({ request }) => request)).toEqual([
      "POST /api/v2/signingCert",
      "POST /api/v1/log/entries",
    ]);
    expect(shapeOf(JSON.parse(Buffer.from(ours.bytes).toString()))).toEqual(shapeOf(bundleToJSON(library)));
    const [first, second] = sigstore.requests.filter(({ service }) => service === "fulcio").map(jsonOf);
    expect(first).toMatchObject({ credentials: { oidcIdentityToken: identityToken } });
    expect(second).toMatchObject({ credentials: { oidcIdentityToken: identityToken } });
  });

  test.each(kinds)("with a key of kind %s", async (kind) => {
    const key = newKey(kind);
    const loaded = await load(key);
    const signer = libraryKey(key, loaded, pemOf(loaded));
    const library = await libraryStatement(signer, logged(), stamped());
    const theirs = askedSince(0);
    const start = sigstore.requests.length;
    const timestampUrl = sigstore.urls.timestampAuthority;
    const { bytes: ours } = await keySigner({ key: loaded, log: log(), timestampUrl }).sign(manifest);
    // Keys that sign the same again find their entry in the log, and ask for it.
    const [proposed] = askedSince(start);
    expect([proposed]).toEqual(theirs);
    expect(shapeOf(JSON.parse(Buffer.from(ours).toString()))).toEqual(shapeOf(bundleToJSON(library)));
    if (kind !== "RSA" && kind !== "Ed25519") return;
    // These sign the same again: then all is the same, to the byte.
    const [first = "", second] = sigstore.requests
      .filter(({ service, method }) => service === "rekorV1" && method === "POST")
      .map(({ body }) => Buffer.from(body).toString());
    expect(second).toBe(first.replace(/,\\"keyid\\":\\"[^"\\]+\\"/u, ""));
  });

  test("both have the SHA-256 of the signature stamped: they in Sigstore's own form, we in that of RFC 3161", async () => {
    const key = newKey("Ed25519");
    const loaded = await load(key);
    await libraryStatement(libraryKey(key, loaded, pemOf(loaded)), stamped());
    const timestampUrl = sigstore.urls.timestampAuthority;
    const { bytes: ours } = await keySigner({ key: loaded, log: false, timestampUrl }).sign(manifest);
    const [theirs, mine] = sigstore.requests.filter(({ service }) => service === "timestampAuthority");
    const { dsseEnvelope } = JSON.parse(Buffer.from(ours).toString()) as {
      dsseEnvelope: { signatures: [{ sig: string }] };
    };
    const hash = createHash("sha256").update(dsseEnvelope.signatures[0].sig, "base64").digest();
    expect(theirs?.headers["content-type"]).toBe("application/json");
    expect(Buffer.from(theirs?.body ?? []).toString()).toContain(hash.toString("base64"));
    expect(mine?.headers["content-type"]).toBe("application/timestamp-query");
    expect(Buffer.from(mine?.body ?? []).includes(hash)).toBe(true);
  });
});
