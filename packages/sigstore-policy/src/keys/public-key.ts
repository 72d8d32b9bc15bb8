import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { bitString, element, objectIdentifier, sequence } from "../der/der-writer.js";
import { PolicyError } from "../errors.js";
import { algorithmOf, type KeyAlgorithm } from "./key-algorithm.js";
import { parsePem } from "./pem.js";

/** A key that signatures are verified with. */
export interface PublicKey {
  /** Which kind of key it is. */
  readonly algorithm: KeyAlgorithm;
  /** For `node:crypto`. */
  readonly key: KeyObject;
  /** DER, SubjectPublicKeyInfo (RFC 5280, section 4.1). */
  readonly spki: Uint8Array;
  /** base64(SHA-256(spki)): the `hint` of bundles that were signed with this key. */
  readonly fingerprint: string;
}

/** Of a named curve and an uncompressed point; other spellings of a key have other fingerprints. */
const ecSpkiBytes: ReadonlyMap<KeyAlgorithm, number> = new Map([
  ["ecdsa-p256", 91],
  ["ecdsa-p384", 120],
  ["ecdsa-p521", 158],
]);

const types = new Map<string, "spki" | "pkcs1">([
  ["PUBLIC KEY", "spki"],
  ["RSA PUBLIC KEY", "pkcs1"],
]);

/**
 * A public key from the PEM text that tools write: SubjectPublicKeyInfo, or PKCS#1 for RSA.
 *
 * @param what For messages: where it comes from.
 * @throws PolicyError `InvalidKey`, `UnsupportedKey`
 */
export function parsePublicKey(pem: string | Uint8Array, what = "the public key"): PublicKey {
  const { label, der } = parsePem(pem, what);
  const type = types.get(label);
  if (type === undefined) {
    const advice = label.includes("PRIVATE") ? "a private key: give the public one" : `a ${label}`;
    throw new PolicyError("InvalidKey", `${what} is not a public key but ${advice}`);
  }
  return publicKeyOf(importPublic(type === "pkcs1" ? rsaSpki(der) : der, what), what);
}

/** Describes a public key that is loaded already. */
export function publicKeyOf(key: KeyObject, what: string): PublicKey {
  const algorithm = algorithmOf(key, what);
  const spki = key.export({ format: "der", type: "spki" });
  const expected = ecSpkiBytes.get(algorithm);
  if (expected !== undefined && spki.length !== expected) {
    const message = `${what} spells its curve out, or its point in short: write it anew with a named curve`;
    throw new PolicyError("UnsupportedKey", message);
  }
  return { algorithm, key, spki, fingerprint: createHash("sha256").update(spki).digest("base64") };
}

/** The same key as SubjectPublicKeyInfo (RFC 3279, section 2.3.1): not every version of Node writes PKCS#1 again. */
function rsaSpki(pkcs1: Uint8Array): Uint8Array {
  const rsaEncryption = sequence(objectIdentifier("1.2.840.113549.1.1.1"), element(0x05));
  return sequence(rsaEncryption, bitString(pkcs1));
}

function importPublic(der: Uint8Array, what: string): KeyObject {
  let key: KeyObject;
  let written: Uint8Array;
  try {
    key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    written = key.export({ format: "der", type: "spki" });
  } catch {
    throw new PolicyError("InvalidKey", `${what} does not hold a public key that can be read`);
  }
  // Anything behind the key, or any other spelling of it, would have another fingerprint elsewhere.
  if (Buffer.compare(written, der) !== 0) {
    throw new PolicyError("InvalidKey", `${what} is not in the only valid encoding (DER) of its key`);
  }
  return key;
}
