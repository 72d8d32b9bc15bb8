import { createHash, generateKeyPairSync, verify, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { inspect } from "node:util";
import type { Attachment, Manifest } from "@blob/registry";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KeylessSignerOptions, PrivateKey } from "../index.js";
import {
  browserToken,
  githubActionsToken,
  keylessSigner,
  keySigner,
  loadPrivateKey,
  parseSigningConfig,
} from "../index.js";
import type { TestSigstore } from "../sigstore-server/index.js";
import {
  createKeyPair,
  githubActionsClaims,
  hashedRekordV2Body,
  startTestSigstore,
} from "../sigstore-server/index.js";
import { preAuthEncoding } from "../bundle/pae.js";
import { signatureAlgorithmOf } from "../keys/signature-algorithm.js";

let sigstore: TestSigstore;
beforeEach(async () => {
  sigstore = await startTestSigstore();
});
afterEach(() => sigstore.close());

const fixture = async (name: string): Promise<Buffer> =>
  readFile(new URL(`../../fixtures/${name}`, import.meta.url));

async function goldenManifest(): Promise<Manifest> {
  const bytes = await fixture("manifest.json");
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}` as const;
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

type KeyKind = "P-256" | "P-384" | "P-521" | "RSA" | "Ed25519";

async function newKey(kind: KeyKind = "P-256"): Promise<PrivateKey> {
  const { privateKey } =
    kind === "RSA"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : kind === "Ed25519"
        ? generateKeyPairSync("ed25519")
        : generateKeyPairSync("ec", { namedCurve: kind });
  return loadPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }));
}

const rekorV1 = (): { url: string; version: 1 } => ({ url: sigstore.urls.rekorV1, version: 1 });
const rekorV2 = (): { url: string; version: 2 } => ({ url: sigstore.urls.rekorV2, version: 2 });
const quick = { retryDelayMs: 1, timeoutMs: 10_000 };

function keyless(options: Partial<KeylessSignerOptions> = {}): ReturnType<typeof keylessSigner> {
  return keylessSigner({
    identity: {
      name: "a workflow",
      token: async ({ audience }) =>
        sigstore.tokens.mint({ ...githubActionsClaims("acme/site"), aud: audience }),
    },
    fulcioUrl: sigstore.urls.fulcio,
    log: rekorV1(),
    ...quick,
    ...options,
  });
}

/**
 * Verifies with another implementation. It knows one hash for all keys, and no envelopes in Rekor v2: both are said here
 * once more. Throws what it finds wrong.
 */
function verifyElsewhere(attachment: Attachment, manifest: Manifest, key?: PrivateKey): void {
  const bundle = bundleFromJSON(JSON.parse(Buffer.from(attachment.bytes).toString()));
  const { tlogEntries, timestampVerificationData, content } = bundle.verificationMaterial;
  const trust = toTrustMaterial(TrustedRoot.fromJSON(sigstore.trustedRoot), () => ({
    publicKey: key?.publicKey.key ?? createKeyPair().publicKey,
    validFor: () => true,
  }));
  const hasStamp = (timestampVerificationData?.rfc3161Timestamps ?? []).length > 0;
  const isPromised = tlogEntries.some((entry) => entry.inclusionPromise !== undefined);
  const entity = toSignedEntity(bundle, Buffer.from(manifest.bytes));
  const publicKey =
    content.$case === "certificate"
      ? new X509Certificate(content.certificate.rawBytes).publicKey
      : (key?.publicKey.key ?? createKeyPair().publicKey);
  const hash = signatureAlgorithmOf(publicKey)?.hash;
  const envelope = bundle.content.$case === "dsseEnvelope" ? bundle.content.dsseEnvelope : undefined;
  const signed =
    envelope === undefined
      ? Buffer.from(manifest.bytes)
      : Buffer.from(preAuthEncoding(envelope.payloadType, envelope.payload));
  const digests = [signed, envelope?.payload ?? signed].map((bytes) =>
    createHash(hash ?? "sha256")
      .update(bytes)
      .digest(),
  );
  if (envelope !== undefined) digests.push(createHash("sha256").update(envelope.payload).digest());
  new Verifier(trust, {
    tlogThreshold: tlogEntries.length > 0 ? 1 : 0,
    ctlogThreshold: 1,
    tsaThreshold: hasStamp ? 1 : 0,
    timestampThreshold: hasStamp || isPromised ? 1 : 0,
  }).verify({
    ...entity,
    signature: {
      signature: entity.signature.signature,
      compareSignature: (other) => other.equals(entity.signature.signature),
      compareDigest: (digest) => digests.some((one) => one.equals(digest)),
      verifySignature: (by) => verify(hash ?? null, signed, by, entity.signature.signature),
    },
  });
}

const textOf = ({ bytes }: Attachment): string => Buffer.from(bytes).toString();

describe("what is written", () => {
  /** Values that no two signatures have in common. */
  const individual = new Set(
    "hint keyId integratedTime signedEntryTimestamp rootHash hashes signedTimestamp sig rawBytes digest signature content value verifier".split(
      " ",
    ),
  );

  /** The text of a bundle, with a word in the place of each individual value, and what is encoded in it opened. */
  function shapeOf(text: string): string {
    const shape = (key: string, value: unknown): unknown => {
      if (key === "payload" || key === "canonicalizedBody") {
        const inner = Buffer.from(String(value), "base64").toString();
        // The one thing that cosign adds to the statement, and that need not be there.
        return shapeOf(inner.replace(',"annotations":{}', ""));
      }
      if (key === "envelope" && typeof value === "string") {
        return value.replaceAll(/[A-Za-z0-9+/]{40,}=*/gu, "BASE64");
      }
      if (!individual.has(key) || (typeof value === "object" && !Array.isArray(value))) return value;
      return Array.isArray(value) ? value.map(() => key) : key;
    };
    expect(JSON.stringify(JSON.parse(text)), "no white space").toBe(text);
    return JSON.stringify(JSON.parse(text, shape));
  }

  async function expectGolden(attachment: Attachment, name: string): Promise<void> {
    expect(shapeOf(textOf(attachment))).toBe(shapeOf((await fixture(`${name}.bundle.json`)).toString()));
    const referrer = JSON.parse((await fixture(`${name}.referrer.json`)).toString()) as {
      readonly artifactType: string;
      readonly annotations: Record<string, string>;
    };
    expect(attachment.mediaType).toBe(referrer.artifactType);
    const created = "org.opencontainers.image.created";
    expect(JSON.stringify({ ...attachment.annotations, [created]: "" })).toBe(
      JSON.stringify({ ...referrer.annotations, [created]: "" }),
    );
    expect(attachment.annotations[created]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u);
  }

  test("bundles and annotations have the shape of cosign's, byte for byte", async () => {
    const manifest = await goldenManifest();
    const timestampUrl = sigstore.urls.timestampAuthority;
    const key = await newKey();
    await expectGolden(await keyless({ timestampUrl }).sign(manifest), "cosign-keyless-rekor1");
    await expectGolden(
      await keySigner({ key, log: rekorV1(), timestampUrl }).sign(manifest),
      "cosign-key-rekor1",
    );
    await expectGolden(
      await keyless({ log: rekorV2(), timestampUrl }).sign(manifest),
      "cosign-keyless-rekor2",
    );
    await expectGolden(await keySigner({ key, log: false }).sign(manifest), "cosign-key-notlog");
  });

  test("a message signature has the shape of the Go client's", async () => {
    const manifest = await goldenManifest();
    const signer = keySigner({ key: await newKey(), log: rekorV1(), content: "message" });
    await signer.sign(manifest);
    await keySigner({ key: await newKey(), log: rekorV1(), content: "message" }).sign(manifest);
    const attachment = await keySigner({ key: await newKey(), log: rekorV1(), content: "message" }).sign(
      manifest,
    );
    const golden = (await fixture("meigma-key-rekor1.bundle.json")).toString();
    expect(shapeOf(textOf(attachment))).toBe(shapeOf(JSON.stringify(JSON.parse(golden))));
    expect(attachment.annotations["dev.sigstore.bundle.content"]).toBe("message-signature");
  });

  test("the statement is the documented one, to the byte", async () => {
    const manifest = await goldenManifest();
    const { bytes } = await keySigner({ key: await newKey(), log: false }).sign(manifest);
    const { dsseEnvelope } = JSON.parse(Buffer.from(bytes).toString()) as {
      dsseEnvelope: { payload: string };
    };
    expect(Buffer.from(dsseEnvelope.payload, "base64").toString()).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"${manifest.descriptor.digest.slice(7)}"}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}`,
    );
  });

  test("a claim takes the place of the signature's own, and is named in an annotation", async () => {
    const claim = { predicateType: "https://slsa.dev/provenance/v1", predicate: { builder: "ü" } };
    const now = (): Date => new Date("2026-01-02T03:04:05.678Z");
    const manifest = await goldenManifest();
    const attachment = await keySigner({ key: await newKey(), log: false, now }).sign(manifest, { claim });
    expect(attachment.annotations).toEqual({
      "dev.sigstore.bundle.content": "dsse-envelope",
      "dev.sigstore.bundle.predicateType": claim.predicateType,
      "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
    });
    const { dsseEnvelope } = JSON.parse(textOf(attachment)) as { dsseEnvelope: { payload: string } };
    expect(JSON.parse(Buffer.from(dsseEnvelope.payload, "base64").toString())).toMatchObject(claim);
  });
});

describe("what another implementation verifies", () => {
  test("a keyless signature, in either log, with a time stamp or without", async () => {
    const manifest = await goldenManifest();
    const timestampUrl = sigstore.urls.timestampAuthority;
    verifyElsewhere(await keyless().sign(manifest), manifest);
    verifyElsewhere(await keyless({ timestampUrl }).sign(manifest), manifest);
    verifyElsewhere(await keyless({ log: rekorV2(), timestampUrl }).sign(manifest), manifest);
    verifyElsewhere(await keyless({ content: "message" }).sign(manifest), manifest);
    verifyElsewhere(await keyless({ log: false, timestampUrl }).sign(manifest), manifest);
  });

  test("from the login in a browser, or the job of a workflow, to the bundle", async () => {
    const manifest = await goldenManifest();
    const services = {
      ...parseSigningConfig(JSON.stringify(sigstore.signingConfig), { rekorVersion: 1 }),
      ...quick,
    };
    const subjectOf = (attachment: Attachment): string | undefined => {
      const bundle = bundleFromJSON(JSON.parse(textOf(attachment)));
      const { content } = bundle.verificationMaterial;
      if (content.$case !== "certificate") return undefined;
      return new X509Certificate(content.certificate.rawBytes).subjectAltName;
    };
    const person = browserToken({
      issuer: sigstore.urls.oidc,
      openBrowser: async (url) => void (await fetch(url)),
    });
    const byPerson = await keylessSigner({ identity: person, ...services }).sign(manifest);
    verifyElsewhere(byPerson, manifest);
    expect(subjectOf(byPerson)).toBe("email:dev@example.com");
    const job = githubActionsToken({ env: sigstore.workflowEnvironment });
    const byJob = await keylessSigner({ identity: job, ...services }).sign(manifest);
    verifyElsewhere(byJob, manifest);
    expect(subjectOf(byJob)).toMatch(/^URI:https:\/\/github\.com\/acme\/site\//u);
  });

  test("the services of a signing configuration", async () => {
    const manifest = await goldenManifest();
    const services = parseSigningConfig(JSON.stringify(sigstore.signingConfig));
    expect(services.log?.version).toBe(2);
    verifyElsewhere(await keyless(services).sign(manifest), manifest);
  });

  test.each<KeyKind>(["P-256", "P-384", "P-521", "RSA", "Ed25519"])("a key of kind %s", async (kind) => {
    const manifest = await goldenManifest();
    const key = await newKey(kind);
    verifyElsewhere(await keySigner({ key, log: false }).sign(manifest), manifest, key);
    const logged = keySigner({ key, log: rekorV1(), ...quick });
    verifyElsewhere(await logged.sign(manifest), manifest, key);
    // Where the key makes the same signature again, the log has it already.
    verifyElsewhere(await logged.sign(manifest), manifest, key);
    const messages = keySigner({ key, log: false, content: "message" });
    verifyElsewhere(await messages.sign(manifest), manifest, key);
    if (kind === "Ed25519") {
      expect(() => keySigner({ key, log: rekorV2() })).toThrow("Rekor v2 does not take Ed25519");
    } else {
      const timestampUrl = sigstore.urls.timestampAuthority;
      const inV2 = keySigner({ key, log: rekorV2(), timestampUrl, ...quick });
      verifyElsewhere(await inV2.sign(manifest), manifest, key);
    }
  });
});

describe("services that fail", () => {
  const code = async (signed: Promise<unknown>): Promise<string> =>
    signed.then(
      () => "signed",
      (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
    );
  const services = ["fulcio", "rekorV1", "timestampAuthority"] as const;
  const signer = (timeoutMs?: number): ReturnType<typeof keyless> =>
    keyless({
      timestampUrl: sigstore.urls.timestampAuthority,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });

  test.each(services)("%s: every failure has its code, and names the service", async (service) => {
    const manifest = await goldenManifest();
    const attempt = async (
      wrong: Parameters<TestSigstore["misbehave"]>[1],
      timeoutMs?: number,
    ): Promise<string> => {
      sigstore.misbehave(service, wrong);
      return code(signer(timeoutMs).sign(manifest));
    };
    expect(await attempt({ status: 503, times: 2 })).toBe("signed");
    expect(await attempt({ reset: true, times: 1 })).toBe("signed");
    expect(await attempt({ status: 503 })).toBe("ServiceUnavailable");
    expect(await attempt({ status: 400, body: '{"message":"no"}' })).toBe("ServiceRefused");
    expect(await attempt({ status: 401 })).toBe(service === "fulcio" ? "IdentityRefused" : "ServiceRefused");
    expect(await attempt({ status: 307, headers: { location: "http://127.0.0.1:1/" } })).toBe(
      "ServiceRefused",
    );
    expect(await attempt({ reset: true })).toBe("ServiceUnavailable");
    // Only here: a busy machine may take longer for an answer that comes.
    expect(await attempt({ silent: true }, 400)).toBe("ServiceTimedOut");
    expect(await attempt({ padding: 4 * 1024 ** 2 })).toBe("InvalidAnswer");
    expect(await attempt({ body: "[]" })).toBe("InvalidAnswer");
    expect(await attempt({ body: "no JSON" })).toBe("InvalidAnswer");
    sigstore.misbehave(service, { status: 418 });
    await expect(signer().sign(manifest)).rejects.toThrow(
      /the (certificate|transparency|time-stamp) .*127\.0\.0\.1:\d+\) .*418/u,
    );
  });

  test("a certificate for another key, in no log, or of another time is not used", async () => {
    const manifest = await goldenManifest();
    sigstore.misbehave("fulcio", { certificate: { publicKey: createKeyPair().publicKey } });
    await expect(signer().sign(manifest)).rejects.toThrow("a certificate for another key");
    sigstore.misbehave("fulcio", { certificate: { ctLogs: [] } });
    await expect(signer().sign(manifest)).rejects.toThrow("in no log");
    sigstore.misbehave("fulcio", { certificate: { notBefore: new Date(Date.now() - 3_600_000) } });
    await expect(signer().sign(manifest)).rejects.toThrow("was not valid at");
    // Nothing of it is logged, and the log itself is asked only without time stamps.
    expect(sigstore.requests.filter(({ service }) => service === "rekorV1")).toHaveLength(0);
    await expect(keyless().sign(manifest)).rejects.toThrow("was not valid at");
  });

  test("the entry of something else, or one that is not proven, is not used", async () => {
    const manifest = await goldenManifest();
    const other = sigstore.forge({ payload: "{}", privateKey: createKeyPair().privateKey });
    const body = Buffer.from(other.verificationMaterial.tlogEntries?.[0]?.canonicalizedBody ?? "", "base64");
    sigstore.misbehave("rekorV1", { logged: body });
    await expect(keyless().sign(manifest)).rejects.toThrow(
      /the transparency log \(127\.0\.0\.1:\d+\) did not prove that it logged.*: the log entry is about another signature/u,
    );
    sigstore.misbehave("rekorV2", { logged: body });
    const timestampUrl = sigstore.urls.timestampAuthority;
    const inV2 = keyless({ log: rekorV2(), timestampUrl });
    await expect(inV2.sign(manifest)).rejects.toThrow("of another kind");
    const digest = createHash("sha256").update("{}").digest();
    const signature = Buffer.from("another");
    sigstore.misbehave("rekorV2", {
      logged: hashedRekordV2Body(digest, signature, createKeyPair().publicKey),
    });
    await expect(inV2.sign(manifest)).rejects.toThrow("about another signature");
    const wrongs: readonly ((answer: string) => string)[] = [
      (answer) => answer.replace(/("treeSize":"?)\d+/u, "$199"),
      (answer) => answer.replace(/("rootHash":")..../u, "$10000"),
      (answer) => answer.replace(/"checkpoint":("[^"]*"|\{[^}]*\})/u, '"checkpoint":""'),
    ];
    for (const alter of wrongs) {
      sigstore.misbehave("rekorV1", { alter });
      await expect(keyless().sign(manifest)).rejects.toThrow("did not prove");
      sigstore.misbehave("rekorV2", { alter });
      await expect(inV2.sign(manifest)).rejects.toThrow("did not prove");
    }
    sigstore.misbehave("rekorV1", { alter: (answer) => answer.replace("signedEntryTimestamp", "unsigned") });
    await expect(keyless().sign(manifest)).rejects.toThrow("did not promise");
  });

  test("nothing is logged when the time stamp fails", async () => {
    sigstore.misbehave("timestampAuthority", { status: 400 });
    expect(await code(signer().sign(await goldenManifest()))).toBe("ServiceRefused");
    expect(sigstore.requests.map(({ service }) => service)).toEqual(["fulcio", "timestampAuthority"]);
  });

  test("a time stamp of something else is not used", async () => {
    const manifest = await goldenManifest();
    sigstore.misbehave("timestampAuthority", { stamped: { sha256: Buffer.alloc(32) } });
    await expect(signer().sign(manifest)).rejects.toThrow("did not give a time stamp of the signature");
  });

  test("an abort ends the waiting, with its own reason", async () => {
    const manifest = await goldenManifest();
    for (const service of services) {
      sigstore.misbehave(service, { silent: true });
      const controller = new AbortController();
      const signed = keyless({ timestampUrl: sigstore.urls.timestampAuthority }).sign(manifest, {
        signal: controller.signal,
      });
      await expect.poll(() => sigstore.requests.at(-1)?.service).toBe(service);
      controller.abort(new Error("enough"));
      await expect(signed).rejects.toThrow("enough");
      sigstore.misbehave(service);
    }
  });

  test("the identity token is in no error, even when the authority repeats it, and goes nowhere else", async () => {
    const manifest = await goldenManifest();
    const token = sigstore.tokens.mint({ sub: "1", email: "dev@example.com", email_verified: true });
    const signing = keyless({ identity: { name: "a person", token: async () => token } });
    await signing.sign(manifest);
    const secrets = token.split(".");
    for (const request of sigstore.requests.filter(({ service }) => service !== "fulcio")) {
      const sent = JSON.stringify(request.headers) + request.path + Buffer.from(request.body).toString();
      for (const secret of secrets) expect(sent).not.toContain(secret);
    }
    for (const said of [token, `bad: ${token.slice(0, 40)}`, secrets[1] ?? ""]) {
      sigstore.misbehave("fulcio", { status: 401, body: JSON.stringify({ message: said }) });
      const error: unknown = await signing.sign(manifest).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "IdentityRefused" });
      for (const secret of secrets) expect(inspect(error, { depth: 9 })).not.toContain(secret.slice(0, 12));
    }
    sigstore.misbehave("fulcio", { status: 401, body: '{"message":"the token has expired"}' });
    await expect(signing.sign(manifest)).rejects.toThrow("the token has expired");
  });
});

describe("what makes no sense", () => {
  test("is refused when the signer is made", async () => {
    expect(() => keyless({ log: false })).toThrow("needs a proof of its time");
    expect(() => keyless({ log: rekorV2() })).toThrow("needs a proof of its time");
  });

  test("is refused before anybody is asked", async () => {
    const manifest = await goldenManifest();
    const key = await newKey("Ed25519");
    const claim = { predicateType: "https://example.com/v1", predicate: {} };
    const message = keySigner({ key, log: rekorV1(), content: "message" });
    await expect(message.sign(manifest)).rejects.toThrow("does not take message signatures of Ed25519");
    await expect(message.sign(manifest, { claim })).rejects.toThrow("no room for a claim");
    const signer = keySigner({ key, log: rekorV1() });
    await expect(signer.sign(manifest, { claim: { ...claim, predicateType: "mine" } })).rejects.toThrow(
      "not a URI",
    );
    await expect(signer.sign(manifest, { claim: { ...claim, predicate: 1n } })).rejects.toThrow("JSON");
    const remote = keySigner({ key, log: { url: "http://rekor.example", version: 1 } });
    await expect(remote.sign(manifest)).rejects.toThrow("has to be reached over https");
    expect(sigstore.requests).toHaveLength(0);
  });

  test("a token without a name, and a configuration of another kind", async () => {
    const manifest = await goldenManifest();
    const nobody = keyless({ identity: { name: "nobody", token: async () => "a.b.c" } });
    await expect(nobody.sign(manifest)).rejects.toMatchObject({ code: "InvalidToken" });
    for (const text of ["{", "[]", '{"mediaType":"application/json"}']) {
      expect(() => parseSigningConfig(text)).toThrow("the signing configuration");
    }
    const later = (): Date => new Date(Date.now() - 3 * 366 * 86_400_000);
    expect(() => parseSigningConfig(JSON.stringify(sigstore.signingConfig), { now: later })).toThrow(
      "used now",
    );
  });
});

test("the public key that a bundle points at is the fingerprint that policies use", async () => {
  const key = await newKey();
  const { bytes } = await keySigner({ key, log: false }).sign(await goldenManifest());
  expect(Buffer.from(bytes).toString()).toContain(`"publicKey":{"hint":"${key.publicKey.fingerprint}"}`);
});
