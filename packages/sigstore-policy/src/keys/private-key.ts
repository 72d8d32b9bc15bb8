import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { PolicyError } from "../errors.js";
import { DerReader, derTags } from "../der/der-reader.js";
import { parsePem } from "./pem.js";
import { checkPkcs8Encryption } from "./pkcs8-encryption.js";
import { type PublicKey, publicKeyOf } from "./public-key.js";
import { openSigstoreEnvelope } from "./sigstore-encryption.js";

/** A key that signs. The key material stays inside of `key`: printing this shows none of it. */
export interface PrivateKey {
  /** For `node:crypto`. */
  readonly key: KeyObject;
  /** What signatures of this key are verified with. */
  readonly publicKey: PublicKey;
}

/** What it takes to read a private key. */
export interface LoadPrivateKeyOptions {
  /** Of an encrypted key; a key that is not encrypted ignores it. Text is taken as UTF-8. */
  readonly password?: string | Uint8Array | undefined;
  /** For messages: where the key comes from. Default: "the private key". */
  readonly what?: string | undefined;
}

/**
 * A private key from PEM: PKCS#8, SEC1 (`EC PRIVATE KEY`), PKCS#1 (`RSA PRIVATE KEY`), PKCS#8 encrypted with a
 * password, and cosign's `ENCRYPTED SIGSTORE PRIVATE KEY` or `ENCRYPTED COSIGN PRIVATE KEY`.
 *
 * P-256, P-384, P-521, Ed25519 and RSA from 2048 bits are accepted. A file cannot make the derivation of its key take
 * more than 128 MiB or a few seconds. No message or cause quotes the file or the password.
 *
 * @example
 * ```ts
 * const key = await loadPrivateKey(await readFile("release.key"), { password });
 * const signer = keySigner({ key });
 * ```
 *
 * @throws PolicyError `InvalidKey`, `UnsupportedKey`, `PasswordRequired`, `WrongPassword`
 */
export async function loadPrivateKey(
  pem: string | Uint8Array,
  options: LoadPrivateKeyOptions = {},
): Promise<PrivateKey> {
  const what = options.what ?? "the private key";
  const { label, der } = parsePem(pem, what);
  const key = await importPrivate(label, der, options.password, what);
  return { key, publicKey: publicKeyOf(createPublicKey(key), what) };
}

function importPrivate(
  label: string,
  der: Uint8Array,
  password: string | Uint8Array | undefined,
  what: string,
): KeyObject | Promise<KeyObject> {
  switch (label) {
    case "PRIVATE KEY":
      return importDer(der, "pkcs8", what);
    case "EC PRIVATE KEY":
      return importDer(der, "sec1", what);
    case "RSA PRIVATE KEY":
      return importDer(der, "pkcs1", what);
    case "ENCRYPTED PRIVATE KEY":
      return importEncryptedPkcs8(der, required(password, what), what);
    case "ENCRYPTED SIGSTORE PRIVATE KEY":
    case "ENCRYPTED COSIGN PRIVATE KEY":
      return importSigstore(der, required(password, what), what);
    case "OPENSSH PRIVATE KEY":
      throw new PolicyError(
        "UnsupportedKey",
        `${what} is in OpenSSH's format: convert a copy of it with "ssh-keygen -p -m PKCS8"`,
      );
    default: {
      const advice = label.includes("PUBLIC") ? "a public key: give the private one" : `a ${label}`;
      throw new PolicyError("InvalidKey", `${what} is not a private key but ${advice}`);
    }
  }
}

/** What follows the version in a key (RFC 5958, section 2; RFC 5915, section 3; RFC 8017, appendix A.1.2). */
const afterVersion = {
  pkcs8: derTags.sequence,
  sec1: derTags.octetString,
  pkcs1: derTags.integer,
} as const;

function importDer(der: Uint8Array, type: "pkcs8" | "sec1" | "pkcs1", what: string): KeyObject {
  try {
    // Newer versions of OpenSSL take any of them, whatever they are told.
    const key = new DerReader(der).sequence();
    key.integer();
    key.read(afterVersion[type]);
    return createPrivateKey({ key: Buffer.from(der), format: "der", type });
  } catch {
    throw new PolicyError("InvalidKey", `${what} does not hold a private key that can be read`);
  }
}

function importEncryptedPkcs8(der: Uint8Array, password: Buffer, what: string): KeyObject {
  checkPkcs8Encryption(der, what);
  try {
    return createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8", passphrase: password });
  } catch {
    throw new PolicyError("WrongPassword", `the password of ${what} is wrong, or the file is damaged`);
  }
}

async function importSigstore(der: Uint8Array, password: Buffer, what: string): Promise<KeyObject> {
  return importDer(await openSigstoreEnvelope(der, password, what), "pkcs8", what);
}

function required(password: string | Uint8Array | undefined, what: string): Buffer {
  if (password !== undefined) return Buffer.from(password);
  throw new PolicyError("PasswordRequired", `${what} is encrypted: give its password`);
}
