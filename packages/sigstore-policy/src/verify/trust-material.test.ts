import { createHash, generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestSigstore } from "../sigstore-server/index.js";
import { startTestSigstore } from "../sigstore-server/index.js";
import { parseTrustedRoot } from "./trust-material.js";

type Json = Record<string, unknown>;

let sigstore: TestSigstore;
let root: Json;
beforeAll(async () => {
  sigstore = await startTestSigstore();
  root = JSON.parse(JSON.stringify(sigstore.trustedRoot));
});
afterAll(() => sigstore.close());

const parse = (change: Json = {}): ReturnType<typeof parseTrustedRoot> =>
  parseTrustedRoot(Buffer.from(JSON.stringify({ ...root, ...change })));
const first = (list: string): Json => Object((root[list] as unknown[])[0]);

test("logs and authorities are those of the root", () => {
  const { logs, material } = parse();
  expect(logs.map(({ logId }) => Buffer.from(logId))).toEqual([
    Buffer.from(sigstore.rekorV1.logId),
    Buffer.from(sigstore.rekorV2.logId),
  ]);
  expect(logs[0]?.key.equals(sigstore.rekorV1.publicKey)).toBe(true);
  expect(logs[0]?.end).toBeUndefined();
  expect(material.certificateAuthorities).toHaveLength(1);
  expect(material.timestampAuthorities).toHaveLength(1);
  expect(material.ctlogs).toHaveLength(1);
  expect(material.tlogs).toEqual([]);
});

test.each([
  "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
  "application/vnd.dev.sigstore.trustedroot+json;version=0.2",
  "application/vnd.dev.sigstore.trustedroot.v0.1+json",
  "application/vnd.dev.sigstore.trustedroot.v0.2+json",
])("%s is known", (mediaType) => {
  expect(parse({ mediaType }).logs).toHaveLength(2);
});

test.each([
  ["application/vnd.dev.sigstore.trustedroot.v0.3+json"],
  ["xapplication/vnd.dev.sigstore.trustedroot.v0.1+json"],
  ["application/vnd.dev.sigstore.trustedroot.v0.1+jsonx"],
  [["application/vnd.dev.sigstore.trustedroot.v0.1+json"]],
])("%j is not", (mediaType) => {
  expect(() => parse({ mediaType })).toThrow("the trusted root has the media type");
});

test("what is no object, or too large, is refused", () => {
  expect(() => parseTrustedRoot(Buffer.from("[]"))).toThrow("not a JSON object");
  expect(() => parseTrustedRoot(Buffer.from("null"))).toThrow("not a JSON object");
  const text = JSON.stringify(root);
  const padded = (length: number): Buffer => Buffer.from(text + " ".repeat(length - text.length));
  expect(parseTrustedRoot(padded(4 * 1024 * 1024)).logs).toHaveLength(2);
  expect(() => parseTrustedRoot(padded(4 * 1024 * 1024 + 1))).toThrow("too large");
});

test.each(["tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities"])(
  "%s may be missing, and has to be a list",
  (list) => {
    for (const none of [undefined, null, []]) expect(() => parse({ [list]: none })).not.toThrow();
    for (const other of [{}, "text", 7, { 0: first(list), length: 1 }]) {
      expect(() => parse({ [list]: other })).toThrow("a list that is none");
    }
  },
);

describe("a log that cannot be used is left out", () => {
  const changed = (change: Json): unknown => {
    const log = first("tlogs");
    return parse({ tlogs: [{ ...log, ...change }] }).logs;
  };
  const key = (change: Json): Json => ({ publicKey: { ...Object(first("tlogs")["publicKey"]), ...change } });

  test.each([
    ["without a key", () => changed({ publicKey: undefined })],
    ["without the key's bytes", () => changed(key({ rawBytes: undefined }))],
    ["without an identifier", () => changed({ logId: undefined })],
    ["without a validity", () => changed(key({ validFor: undefined }))],
    ["without a start", () => changed(key({ validFor: { end: "2099-01-01T00:00:00Z" } }))],
    ["with a key that is none", () => changed(key({ rawBytes: "AAAA" }))],
    [
      "with a key of a kind that signs nothing here",
      () =>
        changed(
          key({
            rawBytes: generateKeyPairSync("x25519")
              .publicKey.export({ format: "der", type: "spki" })
              .toString("base64"),
          }),
        ),
    ],
  ])("%s", (_what, logs) => {
    expect(logs()).toEqual([]);
  });

  test("a certificate log as well", () => {
    const broken = { ...first("ctlogs"), logId: undefined };
    expect(parse({ ctlogs: [broken, first("ctlogs")] }).material.ctlogs).toHaveLength(1);
  });
});

test("a log has its end, and an identifier of its own for checkpoints when it says so", () => {
  const log = first("tlogs");
  const validFor = { start: "2026-01-01T00:00:00Z", end: "2026-02-01T00:00:00Z" };
  const publicKey = { ...Object(log["publicKey"]), validFor };
  const keyId = Buffer.from("abcdefgh").toString("base64");
  const [one] = parse({ tlogs: [{ ...log, publicKey, checkpointKeyId: { keyId } }] }).logs;
  expect(one).toMatchObject({ start: new Date(validFor.start), end: new Date(validFor.end) });
  expect(Buffer.from(one?.keyHint ?? []).toString()).toBe("abcd");
  const [plain] = parse().logs;
  expect(Buffer.from(plain?.keyHint ?? [])).toEqual(Buffer.from(sigstore.rekorV1.logId.subarray(0, 4)));
});

test("RSA keys of logs are read in both encodings", () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const validFor = { start: "2026-01-01T00:00:00Z" };
  const logId = { keyId: createHash("sha256").update("any").digest("base64") };
  const log = (type: "pkcs1" | "spki", keyDetails: string): unknown => ({
    baseUrl: "https://rsa.example",
    logId,
    publicKey: {
      rawBytes: publicKey.export({ format: "der", type }).toString("base64"),
      keyDetails,
      validFor,
    },
  });
  const tlogs = [
    log("pkcs1", "PKCS1_RSA_PKCS1V5"),
    log("pkcs1", "PKCS1_RSA_PSS"),
    log("spki", "PKIX_RSA_PKCS1V15_2048_SHA256"),
  ];
  expect(parse({ tlogs }).logs.map(({ key }) => key.equals(publicKey))).toEqual([true, true, true]);
});

test("an authority that cannot be used is left out, and the others are not", () => {
  const good = first("certificateAuthorities");
  const broken = { ...good, certChain: { certificates: [{ rawBytes: "AAAA" }] } };
  const empty = { ...good, certChain: { certificates: [] } };
  const { material } = parse({
    certificateAuthorities: [broken, empty, good],
    timestampAuthorities: [empty, broken, first("timestampAuthorities")],
  });
  expect(material.certificateAuthorities).toHaveLength(1);
  expect(material.timestampAuthorities).toHaveLength(1);
});
