import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BundleJson } from "../bundle/bundle-json.js";
import { publicKeyOf } from "../keys/public-key.js";
import type { BundleContent, TestSigstore } from "../sigstore-server/index.js";
import { createKeyPair, identityExtensions, signBytes, startTestSigstore } from "../sigstore-server/index.js";
import { checkMadeBundle } from "./check-made-bundle.js";
import type { Artifact } from "./signed-content.js";

let sigstore: TestSigstore;
beforeAll(async () => {
  sigstore = await startTestSigstore();
});
afterAll(() => sigstore.close());

const bytes = Buffer.from("the artifact");
const sha256 = createHash("sha256").update(bytes).digest();
const keys = createKeyPair();
const others = createKeyPair();
const key = publicKeyOf(keys.publicKey, "the key");

const statement = (about = sha256): string =>
  JSON.stringify({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: about.toString("hex") } }],
    predicateType: "https://example.com/v1",
    predicate: {},
  });

const made = (content: Partial<BundleContent> = {}): BundleJson =>
  sigstore.forge({ payload: statement(), privateKey: keys.privateKey, ...content });

const check = (bundle: unknown, artifact: Artifact = { bytes }): void =>
  checkMadeBundle({
    bundle: Buffer.from(JSON.stringify(bundle)),
    artifact,
    key: JSON.stringify(bundle).includes('"publicKey":{') ? key : undefined,
  });

/** A signature over the bytes themselves. */
function messageBundle(signature: Uint8Array): unknown {
  const { mediaType, verificationMaterial } = made({ log: "none" });
  return {
    mediaType,
    verificationMaterial,
    messageSignature: {
      messageDigest: { algorithm: "SHA2_256", digest: sha256.toString("base64") },
      signature: Buffer.from(signature).toString("base64"),
    },
  };
}

describe("a signature", () => {
  test("is one of the signer's key", () => {
    check(made());
    check(made({ log: "hashedrekord-v2" }));
    expect(() => check(made({ privateKey: others.privateKey, log: "none" }))).toThrow("signer's key");
  });

  test("over the bytes themselves is verified with them, and with nothing less", () => {
    const signed = messageBundle(signBytes(keys.privateKey, bytes));
    check(signed);
    expect(() => check(messageBundle(signBytes(others.privateKey, bytes)))).toThrow("signer's key");
    expect(() => check(signed, { sha256: sha256.toString("hex") })).toThrow("signer's key");
    expect(() => check(signed, { bytes: Buffer.from("another") })).toThrow("another artifact");
  });

  test("of a statement is about the artifact", () => {
    const another = made({ payload: statement(Buffer.alloc(32)) });
    expect(() => check(another)).toThrow("the statement is about");
  });
});

describe("a log entry", () => {
  test("is about the signature", () => {
    const { tlogEntries } = made().verificationMaterial;
    expect(() => check(made({ log: tlogEntries ?? [] }))).toThrow("another signature");
  });

  test("is in the tree that it comes with", () => {
    const [entry] = made().verificationMaterial.tlogEntries ?? [];
    if (entry?.inclusionProof === undefined) throw new Error("no proof");
    const bundle = made();
    const [own] = bundle.verificationMaterial.tlogEntries ?? [];
    const swapped = { ...own, inclusionProof: entry.inclusionProof };
    const material = { ...bundle.verificationMaterial, tlogEntries: [swapped] };
    expect(() => check({ ...bundle, verificationMaterial: material })).toThrow("does not have the log entry");
  });

  test("without a checkpoint is none, also in a format that would allow it", () => {
    const bundle = made();
    const [entry] = bundle.verificationMaterial.tlogEntries ?? [];
    const { checkpoint: _checkpoint, ...proof } = entry?.inclusionProof ?? {};
    for (const inclusionProof of [proof, undefined]) {
      const tlogEntries = [{ ...entry, inclusionProof }];
      const older = {
        ...bundle,
        mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1",
        verificationMaterial: { ...bundle.verificationMaterial, tlogEntries },
      };
      expect(() => check(older)).toThrow("not a signed note");
    }
  });
});

describe("a time", () => {
  const start = new Date("2026-03-01T12:00:00Z");
  const end = new Date("2026-03-01T12:10:00Z");
  const at = (date: Date, seconds: number): Date => new Date(date.getTime() + seconds * 1000);
  const certificate = (): Uint8Array =>
    sigstore.certificateAuthority.issue({
      publicKey: keys.publicKey,
      subjectAlternativeNames: [{ type: "email", value: "dev@example.com" }],
      extensions: identityExtensions({ iss: "https://issuer.example" }),
      notBefore: start,
      notAfter: end,
    });

  test("of a log or an authority is one at which the certificate was valid, both ends included", () => {
    for (const time of [start, end]) {
      check(made({ certificate: certificate(), loggedAt: time }));
      check(made({ certificate: certificate(), log: "none", timestamp: time }));
    }
    for (const time of [at(start, -1), at(end, 1)]) {
      expect(() => check(made({ certificate: certificate(), loggedAt: time }))).toThrow("not valid at");
      expect(() => check(made({ certificate: certificate(), log: "none", timestamp: time }))).toThrow(
        "not valid at",
      );
    }
  });

  test("does not matter for a key, which is valid at any", () => {
    check(made({ loggedAt: start, timestamp: end }));
  });

  /** The bundle with its time stamp changed. */
  function restamped(change: (der: Buffer) => Uint8Array): unknown {
    const bundle = made({ timestamp: true });
    const [stamp] = bundle.verificationMaterial.timestampVerificationData?.rfc3161Timestamps ?? [];
    const der = change(Buffer.from(stamp?.signedTimestamp ?? "", "base64"));
    const rfc3161Timestamps = [{ signedTimestamp: Buffer.from(der).toString("base64") }];
    const timestampVerificationData = { rfc3161Timestamps };
    return {
      ...bundle,
      verificationMaterial: { ...bundle.verificationMaterial, timestampVerificationData },
    };
  }

  test("stamp was granted, with changes or without, and is one of the signature", () => {
    const withStatus = (status: number): unknown =>
      restamped((der) => {
        // PKIStatusInfo with nothing but a status comes first.
        const position = der.indexOf(Buffer.of(0x30, 3, 2, 1));
        der.writeUInt8(status, position + 4);
        return der;
      });
    check(withStatus(0));
    check(withStatus(1));
    expect(() => check(withStatus(2))).toThrow("not granted");
    const other = sigstore.timestampAuthority.timestamp({ sha256: Buffer.alloc(32) });
    expect(() => check(restamped(() => other))).toThrow("could not be verified");
  });
});
