import type { KeyObject } from "node:crypto";
import { verify } from "node:crypto";
import { algorithmOf, type KeyAlgorithm } from "../keys/key-algorithm.js";
import type { HashName } from "./signed-content.js";

/** The signature does not choose the hash: the key does, and Ed25519 hashes by itself. */
const hashes: Readonly<Record<KeyAlgorithm, HashName | null>> = {
  "ecdsa-p256": "sha256",
  "ecdsa-p384": "sha384",
  "ecdsa-p521": "sha512",
  rsa: "sha256",
  ed25519: null,
};

/**
 * Whether a signature over these bytes was made with the key.
 *
 * @throws PolicyError `UnsupportedKey`
 */
export function isSignedWith(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  const hash = hashes[algorithmOf(key, "the signer's key")];
  try {
    return verify(hash, bytes, key, signature);
  } catch {
    return false;
  }
}
