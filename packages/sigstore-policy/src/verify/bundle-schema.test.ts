import { describe, expect, test } from "vitest";
import { parseBundle } from "./bundle-schema.js";

type Json = Readonly<Record<string, unknown>>;

const entry: Json = {
  logIndex: "1",
  logId: { keyId: "AAAA" },
  kindVersion: { kind: "dsse", version: "0.0.1" },
  integratedTime: "1",
  inclusionPromise: { signedEntryTimestamp: "AAAA" },
  inclusionProof: {
    logIndex: "1",
    rootHash: "AAAA",
    treeSize: "2",
    hashes: ["AAAA"],
    checkpoint: { envelope: "text" },
  },
  canonicalizedBody: "AAAA",
};
const material: Json = { certificate: { rawBytes: "AAAA" }, tlogEntries: [entry] };
const bundle: Json = {
  mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
  verificationMaterial: material,
  dsseEnvelope: { payload: "AAAA", payloadType: "text", signatures: [{ sig: "AAAA", keyid: "" }] },
};

const parse = (value: unknown): unknown => parseBundle(Buffer.from(JSON.stringify(value)));
const withMaterial = (change: Json): unknown => ({
  ...bundle,
  verificationMaterial: { ...material, ...change },
});
const withEntry = (change: Json): unknown => withMaterial({ tlogEntries: [{ ...entry, ...change }] });
const withProof = (change: Json): unknown =>
  withEntry({ inclusionProof: { ...Object(entry["inclusionProof"]), ...change } });

test("every field may be there, and a field that is null is not", () => {
  expect(() => parse(bundle)).not.toThrow();
  expect(() => parse(withMaterial({ publicKey: null, timestampVerificationData: null }))).not.toThrow();
});

describe("numbers", () => {
  test.each(["0", "7", 7, "1234567890123456"])("%j", (logIndex) => {
    expect(() => parse(withEntry({ logIndex }))).not.toThrow();
  });

  test.each([
    "",
    "01",
    "-1",
    "1.5",
    "1e3",
    "0x1",
    " 1",
    "1 ",
    "1\n",
    "12345678901234567",
    -1,
    1.5,
    1e21,
    true,
    [],
    [7],
    ["1"],
  ])("%j is none", (logIndex) => {
    expect(() => parse(withEntry({ logIndex }))).toThrow("logIndex of the bundle is not an unsigned integer");
  });
});

test.each(["AAA", "AAAA=", "AA-_", "A A=", "?", 7, {}])("%j is no base64", (canonicalizedBody) => {
  expect(() => parse(withEntry({ canonicalizedBody }))).toThrow(
    "canonicalizedBody of the bundle is not base64",
  );
});

test("a number is no text, a list no object, an object no list", () => {
  expect(() => parse(withEntry({ kindVersion: { kind: 1, version: "0.0.1" } }))).toThrow(
    "kind of the bundle is not a string",
  );
  expect(() => parse(withEntry({ logId: ["AAAA"] }))).toThrow("logId of the bundle is not an object");
  expect(() => parse(withMaterial({ tlogEntries: { 0: entry, length: 1 } }))).toThrow(
    "tlogEntries of the bundle is not an array",
  );
  expect(() => parse(withMaterial({ tlogEntries: [null] }))).toThrow(
    "tlogEntries[0] of the bundle is not there",
  );
});

test("what is wrong is named by its whole path", () => {
  const path = "bundle.verificationMaterial.tlogEntries";
  expect(() => parse(withProof({ hashes: ["AAAA", 7] }))).toThrow(
    `${path}[0].inclusionProof.hashes[1] of the bundle is not base64`,
  );
  expect(() => parse(withProof({ hashes: ["AAAA", null] }))).toThrow(
    `${path}[0].inclusionProof.hashes[1] of the bundle is not there`,
  );
  expect(() => parse(withMaterial({ tlogEntries: [entry, { ...entry, more: 1 }] }))).toThrow(
    `${path}[1] of the bundle has the unknown field more`,
  );
});

test("an algorithm that nobody knows is refused like a field that is missing", () => {
  const messageSignature = { messageDigest: { algorithm: "SHA9", digest: "AAAA" }, signature: "AAAA" };
  expect(() => parse({ ...bundle, dsseEnvelope: undefined, messageSignature })).toThrow(
    "the bundle lacks a field: one of a wrong type",
  );
});

test("a field that is not known is refused, at any depth", () => {
  expect(() => parse({ ...bundle, more: 1 })).toThrow("bundle of the bundle has the unknown field more");
  expect(() => parse(withProof({ more: null }))).toThrow("unknown field more");
  expect(() => parse(withMaterial({ __proto__x: 1 }))).toThrow("unknown field");
});

test("of each group, exactly one is there", () => {
  const messageSignature = { messageDigest: { algorithm: "SHA2_256", digest: "AAAA" }, signature: "AAAA" };
  expect(() => parse({ ...bundle, messageSignature })).toThrow(
    "exactly one of dsseEnvelope, messageSignature",
  );
  expect(() => parse({ ...bundle, dsseEnvelope: undefined })).toThrow("exactly one of dsseEnvelope");
  expect(() => parse({ ...bundle, dsseEnvelope: null, messageSignature })).not.toThrow();
  expect(() => parse(withMaterial({ publicKey: { hint: "text" } }))).toThrow("exactly one of certificate");
  expect(() => parse(withMaterial({ certificate: undefined }))).toThrow("exactly one of certificate");
});

test("lists are bounded", () => {
  const many = (count: number): unknown =>
    withMaterial({ tlogEntries: Array.from({ length: count }, () => entry) });
  expect(() => parse(many(16))).not.toThrow();
  expect(() => parse(many(17))).toThrow("more than 16 elements");
  const path = (count: number): unknown => withProof({ hashes: Array.from({ length: count }, () => "AAAA") });
  expect(() => parse(path(64))).not.toThrow();
  expect(() => parse(path(65))).toThrow("more than 64 elements");
});

test("a megabyte is read, and not one byte more", () => {
  const text = JSON.stringify(bundle);
  const padded = (length: number): Buffer => Buffer.from(text + " ".repeat(length - text.length));
  expect(() => parseBundle(padded(1024 * 1024))).not.toThrow();
  expect(() => parseBundle(padded(1024 * 1024 + 1))).toThrow("larger than 1048576 bytes");
});

test("a media type that is not known, or is none, is refused", () => {
  expect(() => parse({ ...bundle, mediaType: "application/json" })).toThrow(
    "unknown media type application/json",
  );
  expect(() => parse({ ...bundle, mediaType: undefined })).toThrow("unknown media type none");
});

test("a field that is missing is named", () => {
  expect(() =>
    parse({ ...bundle, verificationMaterial: { certificate: { rawBytes: "AAAA" } }, dsseEnvelope: {} }),
  ).toThrow(/lacks a field: .*signature/);
  expect(() => parse([])).toThrow("bundle of the bundle is not an object");
});
