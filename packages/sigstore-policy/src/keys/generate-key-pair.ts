import { generateKeyPair as generate, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { PolicyError } from "../errors.js";
import type { KeyAlgorithm } from "./key-algorithm.js";
import { encodePem } from "./pem.js";
import { sealPkcs8 } from "./seal-pkcs8.js";
import { sealSigstoreEnvelope } from "./sigstore-encryption.js";

/** What kind of key, in what file, and what protects it. */
export interface GenerateKeyPairOptions {
  /** Encrypts the private key; `false` leaves it readable for everybody who has the file. The empty password protects nothing. */
  readonly password: string | Uint8Array | false;
  /** Default: P-256, which every verifier knows. */
  readonly algorithm?: KeyAlgorithm | undefined;
  /**
   * `pkcs8` (the default) is read by OpenSSL and by most programs, `sigstore` by cosign, which knows no other file; that one
   * is always encrypted.
   */
  readonly format?: "pkcs8" | "sigstore" | undefined;
}

/** Both in PEM. */
export interface GeneratedKeyPair {
  /** `ENCRYPTED PRIVATE KEY`, `PRIVATE KEY` without a password, `ENCRYPTED SIGSTORE PRIVATE KEY` for cosign. */
  readonly privateKey: string;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: string;
}

/**
 * A new key pair. RSA keys get 3072 bits. Making and encrypting it (scrypt) takes a while, outside of the event loop.
 *
 * @example
 * ```ts
 * const { privateKey, publicKey } = await generateKeyPair({ password });
 * await writeFile("release.key", privateKey, { mode: 0o600 });
 * await writeFile("release.pub", publicKey);
 * ```
 * @throws PolicyError `PasswordRequired` for a `sigstore` file without a password.
 */
export async function generateKeyPair(options: GenerateKeyPairOptions): Promise<GeneratedKeyPair> {
  const { password, algorithm = "ecdsa-p256", format = "pkcs8" } = options;
  if (password === false && format === "sigstore") {
    throw new PolicyError("PasswordRequired", "a key in the format of Sigstore is always encrypted");
  }
  const { privateKey, publicKey } = await generatePair(algorithm);
  const der = privateKey.export({ format: "der", type: "pkcs8" });
  return {
    privateKey: password === false ? encodePem("PRIVATE KEY", der) : await seal(der, password, format),
    publicKey: encodePem("PUBLIC KEY", publicKey.export({ format: "der", type: "spki" })),
  };
}

async function seal(
  der: Uint8Array,
  password: string | Uint8Array,
  format: "pkcs8" | "sigstore",
): Promise<string> {
  const secret = Buffer.from(password);
  return format === "sigstore"
    ? encodePem("ENCRYPTED SIGSTORE PRIVATE KEY", await sealSigstoreEnvelope(der, secret))
    : encodePem("ENCRYPTED PRIVATE KEY", await sealPkcs8(der, secret));
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
