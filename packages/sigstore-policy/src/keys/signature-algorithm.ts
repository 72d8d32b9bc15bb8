import type { KeyObject } from "node:crypto";
import { createHash } from "node:crypto";

/** How signatures are made with a kind of key: one way for each, so that nobody has to say which. */
export interface SignatureAlgorithm {
  /** Of the digest that the signature is made over; undefined when the key signs the bytes themselves. */
  readonly hash: "sha256" | "sha384" | "sha512" | undefined;
  /** The name that logs and trusted roots have for it (`PublicKeyDetails` of the Sigstore protobuf specifications). */
  readonly keyDetails: string;
}

const byCurve: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: { hash: "sha256", keyDetails: "PKIX_ECDSA_P256_SHA_256" },
  secp384r1: { hash: "sha384", keyDetails: "PKIX_ECDSA_P384_SHA_384" },
  secp521r1: { hash: "sha512", keyDetails: "PKIX_ECDSA_P521_SHA_512" },
};

/** The algorithm of a private or public key; undefined for a key that Sigstore does not take, such as a short RSA key. */
export function signatureAlgorithmOf(key: KeyObject): SignatureAlgorithm | undefined {
  const { namedCurve = "", modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType;
  if (type === "ec") return Object.hasOwn(byCurve, namedCurve) ? byCurve[namedCurve] : undefined;
  if (type === "ed25519") return { hash: undefined, keyDetails: "PKIX_ED25519" };
  if (type !== "rsa" || modulusLength < 2048) return undefined;
  return { hash: "sha256", keyDetails: rsaDetails(modulusLength) };
}

/** Logs name three sizes of RSA keys; a size between two of them goes by the smaller. */
function rsaDetails(modulusLength: number): string {
  const size = modulusLength >= 4096 ? 4096 : modulusLength >= 3072 ? 3072 : 2048;
  return `PKIX_RSA_PKCS1V15_${String(size)}_SHA256`;
}

/** The names of the hashes in the entries of Rekor v2. */
export const protobufHashNames = {
  sha256: "SHA2_256",
  sha384: "SHA2_384",
  sha512: "SHA2_512",
} as const;

export function hashOf(algorithm: "sha256" | "sha384" | "sha512", bytes: Uint8Array): Buffer {
  return createHash(algorithm).update(bytes).digest();
}
