import { createHash } from "node:crypto";
import { TransparencyLogEntry } from "@sigstore/protobuf-specs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestSigstore } from "../sigstore-server/index.js";
import { createKeyPair, startTestSigstore } from "../sigstore-server/index.js";
import { checkEntryBody } from "./entry-body.js";
import type { SignedContent } from "./signed-content.js";

const keys = createKeyPair();
const payload = Buffer.from("payload");
const signed = Buffer.from("signed");
const signature = Buffer.from("signature");
const spki = keys.publicKey.export({ format: "der", type: "spki" });

let sigstore: TestSigstore;
let leaf: Buffer;
let content: SignedContent;
beforeAll(async () => {
  sigstore = await startTestSigstore();
  const subjectAlternativeNames = [{ type: "email", value: "dev@example.com" }] as const;
  leaf = Buffer.from(
    sigstore.certificateAuthority.issue({ publicKey: keys.publicKey, subjectAlternativeNames }),
  );
  content = {
    signature,
    publicKey: spki,
    certificate: leaf,
    signed,
    hash: (of, name) =>
      createHash(name)
        .update(of === "payload" ? payload : signed)
        .digest(),
  };
});
afterAll(() => sigstore.close());

const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64");
const hashed = (bytes: Uint8Array, name: string, as: "hex" | "base64"): string =>
  createHash(name).update(bytes).digest(as);
const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${base64(der).replaceAll(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;
const keyPem = (): string => pem("PUBLIC KEY", spki);

interface Parts {
  readonly verifier?: string;
  readonly algorithm?: string;
  readonly hash?: string;
  readonly signature?: string;
}

/** Each kind of entry, with everything right but what is given. */
const kinds = {
  "hashedrekord 0.0.1": (parts: Parts) => ({
    data: {
      hash: { algorithm: parts.algorithm ?? "sha256", value: parts.hash ?? hashed(signed, "sha256", "hex") },
    },
    signature: {
      content: parts.signature ?? base64(signature),
      publicKey: { content: parts.verifier ?? base64(keyPem()) },
    },
  }),
  "dsse 0.0.1": (parts: Parts) => ({
    payloadHash: {
      algorithm: parts.algorithm ?? "sha256",
      value: parts.hash ?? hashed(payload, "sha256", "hex"),
    },
    signatures: [
      { signature: parts.signature ?? base64(signature), verifier: parts.verifier ?? base64(keyPem()) },
    ],
  }),
  "intoto 0.0.2": (parts: Parts) => ({
    content: {
      payloadHash: {
        algorithm: parts.algorithm ?? "sha256",
        value: parts.hash ?? hashed(payload, "sha256", "hex"),
      },
      envelope: {
        signatures: [
          {
            sig: base64(parts.signature ?? base64(signature)),
            publicKey: parts.verifier ?? base64(keyPem()),
          },
        ],
      },
    },
  }),
  "hashedrekord 0.0.2": (parts: Parts) => ({
    hashedRekordV002: {
      data: {
        algorithm: parts.algorithm ?? "SHA2_256",
        digest: parts.hash ?? hashed(signed, "sha256", "base64"),
      },
      signature: {
        content: parts.signature ?? base64(signature),
        verifier: { publicKey: { rawBytes: parts.verifier ?? base64(spki) } },
      },
    },
  }),
  "dsse 0.0.2": (parts: Parts) => ({
    dsseV002: {
      payloadHash: {
        algorithm: parts.algorithm ?? "SHA2_256",
        digest: parts.hash ?? hashed(payload, "sha256", "base64"),
      },
      signatures: [
        {
          content: parts.signature ?? base64(signature),
          verifier: { publicKey: { rawBytes: parts.verifier ?? base64(spki) } },
        },
      ],
    },
  }),
} as const;

function check(body: unknown, kindVersion?: { kind: string; version: string }, what = content): void {
  const canonicalizedBody = base64(JSON.stringify(body));
  checkEntryBody(TransparencyLogEntry.fromJSON({ kindVersion, canonicalizedBody }), what);
}

function checkKind(name: string, spec: unknown, what = content): void {
  const [kind = "", version = ""] = name.split(" ");
  check({ kind, apiVersion: version, spec }, { kind, version }, what);
}

describe.each(Object.entries(kinds))("%s", (name, spec) => {
  const isSecond = name.endsWith("0.0.2") && name !== "intoto 0.0.2";

  test("about this signature, content and signer passes", () => {
    expect(() => checkKind(name, spec({}))).not.toThrow();
    expect(() => checkKind(name, spec({ verifier: base64(leaf) }))).not.toThrow();
  });

  test("with longer hashes passes, too", () => {
    const bytes = name.startsWith("hashedrekord") ? signed : payload;
    for (const bits of ["384", "512"]) {
      const parts = {
        algorithm: isSecond ? `SHA2_${bits}` : `sha${bits}`,
        hash: hashed(bytes, `sha${bits}`, isSecond ? "base64" : "hex"),
      };
      expect(() => checkKind(name, spec(parts))).not.toThrow();
    }
  });

  test("about anything else is refused", () => {
    const other = name.startsWith("hashedrekord") ? payload : signed;
    const parts = { hash: hashed(other, "sha256", isSecond ? "base64" : "hex") };
    expect(() => checkKind(name, spec(parts))).toThrow("another content");
    expect(() => checkKind(name, spec({ signature: base64("other") }))).toThrow("another signature");
    const stranger = createKeyPair().publicKey.export({ format: "der", type: "spki" });
    expect(() => checkKind(name, spec({ verifier: base64(stranger) }))).toThrow("another signer");
    expect(() => checkKind(name, spec({ algorithm: "sha1" }))).toThrow("unknown hash algorithm");
  });

  test("with a field that is empty is refused", () => {
    for (const parts of [
      { verifier: "" },
      { hash: "" },
      name.startsWith("intoto") ? {} : { signature: "" },
    ]) {
      if (Object.keys(parts).length === 0) continue;
      expect(() => checkKind(name, spec(parts))).toThrow("lacks a field");
    }
    expect(() => checkKind(name, {})).toThrow();
    // What would be bytes, if anybody took it for bytes.
    const bytes = JSON.parse(JSON.stringify([...spki]));
    expect(() => checkKind(name, spec({ verifier: bytes }))).toThrow("lacks a field");
  });
});

test.each(["dsse 0.0.1", "intoto 0.0.2", "dsse 0.0.2"] as const)(
  "%s has one signature and no other",
  (name) => {
    const spec: unknown = JSON.parse(JSON.stringify(kinds[name]({})));
    const withSignatures = (change: (all: readonly unknown[]) => unknown): unknown =>
      JSON.parse(
        JSON.stringify(spec, (key, value: unknown) =>
          key === "signatures" ? change(value as unknown[]) : value,
        ),
      );
    for (const change of [
      () => [],
      (all: readonly unknown[]) => [...all, ...all],
      (all: readonly unknown[]) => ({ 0: all[0], length: 1 }),
    ]) {
      expect(() => checkKind(name, withSignatures(change))).toThrow("not exactly one signature");
    }
  },
);

describe("what the bundle says of the entry", () => {
  const spec = kinds["hashedrekord 0.0.1"]({});
  const claimed = { kind: "hashedrekord", version: "0.0.1" };

  test("has to be what the entry says of itself", () => {
    expect(() => check({ kind: "hashedrekord", apiVersion: "0.0.1", spec }, claimed)).not.toThrow();
    expect(() => check({ kind: "dsse", apiVersion: "0.0.1", spec }, claimed)).toThrow("another kind");
    expect(() => check({ kind: "hashedrekord", apiVersion: "0.0.2", spec }, claimed)).toThrow("another kind");
    expect(() => check({ kind: "hashedrekord", apiVersion: "0.0.1", spec })).toThrow("another kind");
  });

  test("nothing is known of a kind that nothing says", () => {
    expect(() => check({ kind: "", apiVersion: "", spec })).toThrow("unknown kind");
  });
});

describe("a signer", () => {
  const spec = (verifier: string): unknown => kinds["hashedrekord 0.0.1"]({ verifier: base64(verifier) });

  test("is known by the PEM of its certificate or key", () => {
    expect(() => checkKind("hashedrekord 0.0.1", spec(pem("CERTIFICATE", leaf)))).not.toThrow();
    expect(() => checkKind("hashedrekord 0.0.1", spec(keyPem()))).not.toThrow();
  });

  test("is not known by another certificate of the same key, nor by any when it has none", () => {
    const subjectAlternativeNames = [{ type: "email", value: "evil@example.com" }] as const;
    const other = sigstore.certificateAuthority.issue({ publicKey: keys.publicKey, subjectAlternativeNames });
    expect(() => checkKind("hashedrekord 0.0.1", spec(pem("CERTIFICATE", other)))).toThrow("another signer");
    const withKey = { ...content, certificate: undefined };
    expect(() => checkKind("hashedrekord 0.0.1", spec(pem("CERTIFICATE", leaf)), withKey)).toThrow(
      "another signer",
    );
    expect(() =>
      checkKind("hashedrekord 0.0.1", kinds["hashedrekord 0.0.1"]({ verifier: base64(leaf) }), withKey),
    ).toThrow("another signer");
  });

  test("is not known by what is neither", () => {
    for (const text of ["text", "-----BEGIN NOTHING-----", "-----BEGIN CERTIFICATE-----\n?"]) {
      expect(() => checkKind("hashedrekord 0.0.1", spec(text))).toThrow("another signer");
    }
    // The key with another label, and without any.
    expect(() => checkKind("hashedrekord 0.0.1", spec(base64(spki)))).toThrow("another signer");
  });
});

test("a content whose hash is not known is another content", () => {
  const unknown = { ...content, hash: () => undefined };
  expect(() => checkKind("hashedrekord 0.0.1", kinds["hashedrekord 0.0.1"]({}), unknown)).toThrow(
    "another content",
  );
});
