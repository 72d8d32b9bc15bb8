import { generateKeyPair as generate, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { KeyAlgorithm } from "./key-algorithm.js";
import { encodePem } from "./pem.js";
import { sealSigstoreEnvelope } from "./sigstore-encryption.js";

/** What kind of key, and what protects it. */
export interface GenerateKeyPairOptions {
  /** Encrypts the private key. The empty password is one, and protects nothing. */
  readonly password: string | Uint8Array;
  /** Default: P-256, which every verifier knows. */
  readonly algorithm?: KeyAlgorithm | undefined;
}

/** Both in PEM. */
export interface GeneratedKeyPair {
  /** `ENCRYPTED SIGSTORE PRIVATE KEY`. */
  readonly privateKey: string;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: string;
}

/**
 * A new key pair, in the files that cosign writes and reads. RSA keys get 3072 bits. Making and encrypting
 * it (scrypt) takes a while, outside of the event loop.
 *
 * @example
 * ```ts
 * const { privateKey, publicKey } = await generateKeyPair({ password });
 * await writeFile("release.key", privateKey, { mode: 0o600 });
 * await writeFile("release.pub", publicKey);
 * ```
 */
export async function generateKeyPair(options: GenerateKeyPairOptions): Promise<GeneratedKeyPair> {
  const { privateKey, publicKey } = await generatePair(options.algorithm ?? "ecdsa-p256");
  const der = privateKey.export({ format: "der", type: "pkcs8" });
  const sealed = await sealSigstoreEnvelope(der, Buffer.from(options.password));
  return {
    privateKey: encodePem("ENCRYPTED SIGSTORE PRIVATE KEY", sealed),
    publicKey: encodePem("PUBLIC KEY", publicKey.export({ format: "der", type: "spki" })),
  };
}

interface KeyObjects {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function generatePair(algorithm: KeyAlgorithm): Promise<KeyObjects> {
  const pair = promisify(generate);
  switch (algorithm) {
    case "ecdsa-p256":
      return pair("ec", { namedCurve: "P-256" });
    case "ecdsa-p384":
      return pair("ec", { namedCurve: "P-384" });
    case "ecdsa-p521":
      return pair("ec", { namedCurve: "P-521" });
    case "rsa":
      return pair("rsa", { modulusLength: 3072 });
    case "ed25519":
      return pair("ed25519");
  }
}
