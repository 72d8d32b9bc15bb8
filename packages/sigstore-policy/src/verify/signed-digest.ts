import type { KeyObject } from "node:crypto";
import { constants, publicDecrypt } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { algorithmOf } from "../keys/key-algorithm.js";
import { Refusal } from "./refusal.js";

/** What PKCS#1 puts in front of a SHA-256 (RFC 8017, 9.2, note 1). */
const sha256DigestInfo = Buffer.from("3031300d060960864801650304020105000420", "hex");

/**
 * Whether a signature over bytes with this SHA-256 was made with the key: `node:crypto` verifies only over the bytes
 * themselves, which whoever has a digest does not have. A key that does not sign SHA-256 is a `Refusal`.
 *
 * @throws PolicyError `UnsupportedKey`
 */
export function isDigestSignedWith(key: KeyObject, sha256: Uint8Array, signature: Uint8Array): boolean {
  const algorithm = algorithmOf(key, "the signer's key");
  try {
    if (algorithm === "ecdsa-p256") {
      // As node:crypto, it takes both values of s.
      const options = { prehash: false, format: "der", lowS: false } as const;
      return p256.verify(signature, sha256, uncompressedPoint(key), options);
    }
    if (algorithm === "rsa") {
      const encoded = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
      return encoded.equals(Buffer.concat([sha256DigestInfo, sha256]));
    }
  } catch {
    return false;
  }
  throw new Refusal(
    `a signature with ${algorithm} can only be verified with the artifact's bytes, not with a digest`,
  );
}

function uncompressedPoint(key: KeyObject): Uint8Array {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  return Buffer.concat([Uint8Array.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
}
