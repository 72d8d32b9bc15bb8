import { randomBytes, scrypt, type ScryptOptions } from "node:crypto";
import { PolicyError } from "../errors.js";
import { valueAt } from "../json-path.js";
import { checkScryptCost, type ScryptCost, scryptMemory } from "./kdf-limits.js";

/** What cosign writes today. */
const cost: ScryptCost = { N: 65_536, r: 8, p: 1 };
const keyBytes = 32;
const nonceBytes = 24;
const maxSaltBytes = 1024;

interface Envelope {
  readonly cost: ScryptCost;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * Decrypts what is inside of cosign's private key files: JSON with the parameters of scrypt (RFC 7914), and a NaCl
 * secret box around a PKCS#8 key.
 *
 * @throws PolicyError `InvalidKey`, `UnsupportedKey`, `WrongPassword`
 */
export async function openSigstoreEnvelope(
  json: Uint8Array,
  password: Uint8Array,
  what: string,
): Promise<Uint8Array> {
  const envelope = parseEnvelope(json, what);
  checkScryptCost(envelope.cost, what);
  const key = await deriveKey(password, envelope.salt, envelope.cost);
  const { xsalsa20poly1305 } = await import("@noble/ciphers/salsa.js");
  try {
    return xsalsa20poly1305(key, envelope.nonce).decrypt(envelope.ciphertext);
  } catch {
    throw new PolicyError("WrongPassword", `the password of ${what} is wrong, or the file is damaged`);
  }
}

/** The opposite of {@link openSigstoreEnvelope}. */
export async function sealSigstoreEnvelope(der: Uint8Array, password: Uint8Array): Promise<Uint8Array> {
  const salt = randomBytes(keyBytes);
  const nonce = randomBytes(nonceBytes);
  const key = await deriveKey(password, salt, cost);
  const { xsalsa20poly1305 } = await import("@noble/ciphers/salsa.js");
  const envelope = {
    kdf: { name: "scrypt", params: cost, salt: salt.toString("base64") },
    cipher: { name: "nacl/secretbox", nonce: nonce.toString("base64") },
    ciphertext: Buffer.from(xsalsa20poly1305(key, nonce).encrypt(der)).toString("base64"),
  };
  return Buffer.from(JSON.stringify(envelope));
}

function deriveKey(password: Uint8Array, salt: Uint8Array, { N, r, p }: ScryptCost): Promise<Uint8Array> {
  const options: ScryptOptions = { N, r, p, maxmem: scryptMemory({ N, r, p }) };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyBytes, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function parseEnvelope(json: Uint8Array, what: string): Envelope {
  const malformed = (): PolicyError =>
    new PolicyError(
      "InvalidKey",
      `${what} is not an encrypted Sigstore key: its content is not as it should be`,
    );
  let envelope: unknown;
  try {
    envelope = JSON.parse(Buffer.from(json).toString("utf8"));
  } catch {
    // The parser's message quotes the file.
    throw malformed();
  }
  const kdf = valueAt(envelope, "kdf");
  const cipher = valueAt(envelope, "cipher");
  if (valueAt(kdf, "name") !== "scrypt" || valueAt(cipher, "name") !== "nacl/secretbox") {
    if (typeof valueAt(kdf, "name") !== "string" || typeof valueAt(cipher, "name") !== "string")
      throw malformed();
    throw new PolicyError("UnsupportedKey", `${what} is not encrypted with scrypt and nacl/secretbox`);
  }
  const parameters = valueAt(kdf, "params");
  const [N, r, p] = [valueAt(parameters, "N"), valueAt(parameters, "r"), valueAt(parameters, "p")];
  const salt = decode(valueAt(kdf, "salt"));
  const nonce = decode(valueAt(cipher, "nonce"));
  const ciphertext = decode(valueAt(envelope, "ciphertext"));
  if (typeof N !== "number" || typeof r !== "number" || typeof p !== "number") throw malformed();
  if (salt === undefined || salt.length > maxSaltBytes) throw malformed();
  if (nonce?.length !== nonceBytes || ciphertext === undefined) throw malformed();
  return { cost: { N, r, p }, salt, nonce, ciphertext };
}

function decode(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string") return undefined;
  const bytes = Buffer.from(value, "base64");
  return bytes.toString("base64") === value ? bytes : undefined;
}
