import { createHash, generateKeyPairSync } from "node:crypto";
import type { Bundle } from "@sigstore/bundle";
import { expect, test } from "vitest";
import { preAuthEncoding } from "../bundle/pae.js";
import { artifactSha256, signedContent, type Artifact } from "./signed-content.js";

const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const spki = publicKey.export({ format: "der", type: "spki" });
const bytes = Buffer.from("any bytes");
const hashOf = (name: string, of: Uint8Array = bytes): Buffer => createHash(name).update(of).digest();
const byDigest: Artifact = { sha256: hashOf("sha256").toString("hex") };

const bundleOf = (content: unknown): Bundle => Object({ content });
const envelope = (...signatures: readonly string[]): Bundle =>
  bundleOf({
    $case: "dsseEnvelope",
    dsseEnvelope: {
      payload: bytes,
      payloadType: "text",
      signatures: signatures.map((sig) => ({ sig: Buffer.from(sig), keyid: "" })),
    },
  });
const message = bundleOf({ $case: "messageSignature", messageSignature: { signature: Buffer.from("s") } });

test("an artifact is named by the hash of its bytes, or by the hash that is known", () => {
  expect(artifactSha256({ bytes })).toBe(byDigest.sha256);
  expect(artifactSha256(byDigest)).toBe(byDigest.sha256);
});

test("the signature of an envelope covers its type and its payload, whatever the artifact is", () => {
  const content = signedContent(envelope("s"), byDigest, publicKey, Buffer.from("certificate"));
  const signed = preAuthEncoding("text", bytes);
  expect(content).toMatchObject({ signature: Buffer.from("s"), publicKey: spki, signed });
  expect(content.certificate?.toString()).toBe("certificate");
  for (const name of ["sha256", "sha384", "sha512"] as const) {
    expect(content.hash("payload", name)).toEqual(hashOf(name));
    expect(content.hash("signed", name)).toEqual(hashOf(name, signed));
  }
});

test("an envelope has exactly one signature", () => {
  for (const other of [envelope(), envelope("a", "b"), envelope("a", "b", "c")]) {
    expect(() => signedContent(other, { bytes }, publicKey, undefined)).toThrow("not exactly one signature");
  }
});

test("the signature of a message covers the artifact's bytes", () => {
  const content = signedContent(message, { bytes }, publicKey, undefined);
  expect(content).toMatchObject({ signature: Buffer.from("s"), publicKey: spki, signed: bytes });
  for (const name of ["sha256", "sha384", "sha512"] as const) {
    expect(content.hash("signed", name)).toEqual(hashOf(name));
    expect(content.hash("payload", name)).toBeUndefined();
  }
});

test("without the bytes, nothing but their SHA-256 is known", () => {
  const content = signedContent(message, byDigest, publicKey, undefined);
  expect(content.signed).toBeUndefined();
  expect(content.hash("signed", "sha256")).toEqual(hashOf("sha256"));
  for (const name of ["sha384", "sha512"] as const) expect(content.hash("signed", name)).toBeUndefined();
  expect(content.hash("payload", "sha256")).toBeUndefined();
});
