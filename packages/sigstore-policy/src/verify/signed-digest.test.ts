import { createHash, generateKeyPairSync, privateEncrypt, sign } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { describe, expect, test } from "vitest";
import { isDigestSignedWith } from "./signed-digest.js";

const bytes = Buffer.from("any bytes");
const sha256 = createHash("sha256").update(bytes).digest();
const other = createHash("sha256").update("other bytes").digest();

describe("P-256", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signature = sign("sha256", bytes, privateKey);

  test("verifies what it signed, and nothing else", () => {
    expect(isDigestSignedWith(publicKey, sha256, signature)).toBe(true);
    expect(isDigestSignedWith(publicKey, other, signature)).toBe(false);
    expect(isDigestSignedWith(publicKey, sha256, signature.subarray(1))).toBe(false);
    expect(isDigestSignedWith(publicKey, sha256, Buffer.alloc(0))).toBe(false);
    // The digest is not hashed again.
    expect(isDigestSignedWith(publicKey, sha256, sign("sha256", sha256, privateKey))).toBe(false);
    const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(isDigestSignedWith(stranger.publicKey, sha256, signature)).toBe(false);
  });

  test("verifies both values of s, as node:crypto does", () => {
    const { r, s } = p256.Signature.fromBytes(signature, "der");
    const negated = new p256.Signature(r, p256.Point.Fn.ORDER - s).toBytes("der");
    expect(isDigestSignedWith(publicKey, sha256, negated)).toBe(true);
  });
});

describe("RSA", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const signature = sign("sha256", bytes, privateKey);

  test("verifies what it signed, and nothing else", () => {
    expect(isDigestSignedWith(publicKey, sha256, signature)).toBe(true);
    expect(isDigestSignedWith(publicKey, other, signature)).toBe(false);
    expect(isDigestSignedWith(publicKey, sha256, signature.subarray(1))).toBe(false);
  });

  test("wants the digest with its algorithm before it, and nothing behind", () => {
    const padded = (content: Uint8Array): Buffer => privateEncrypt(privateKey, content);
    const info = Buffer.from("3031300d060960864801650304020105000420", "hex");
    expect(isDigestSignedWith(publicKey, sha256, padded(Buffer.concat([info, sha256])))).toBe(true);
    expect(isDigestSignedWith(publicKey, sha256, padded(sha256))).toBe(false);
    expect(
      isDigestSignedWith(publicKey, sha256, padded(Buffer.concat([info, sha256, Buffer.from("x")]))),
    ).toBe(false);
  });
});

test.each([
  ["ecdsa-p384", generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey],
  ["ed25519", generateKeyPairSync("ed25519").publicKey],
])("%s cannot be verified without the bytes", (algorithm, key) => {
  expect(() => isDigestSignedWith(key, sha256, Buffer.alloc(64))).toThrow(`a signature with ${algorithm}`);
});
