import { PolicyError } from "../errors.js";
import { DerError, DerReader, derTags } from "../der/der-reader.js";
import { checkPbkdf2Cost, checkScryptCost } from "./kdf-limits.js";

const pbes2 = "1.2.840.113549.1.5.13";
const pbkdf2 = "1.2.840.113549.1.5.12";
const scrypt = "1.3.6.1.4.1.11591.4.11";
/** AES-128, AES-192, AES-256 and triple DES, all in CBC mode. */
const ciphers = new Set([
  "2.16.840.1.101.3.4.1.2",
  "2.16.840.1.101.3.4.1.22",
  "2.16.840.1.101.3.4.1.42",
  "1.2.840.113549.3.7",
]);

/**
 * Checks how an encrypted PKCS#8 key (RFC 5958, section 3) wants to be decrypted, before anybody does it: the
 * scheme is PBES2 (RFC 8018) with a key derivation within the limits, and the encoding is strict.
 *
 * @throws PolicyError `InvalidKey`, `UnsupportedKey`
 */
export function checkPkcs8Encryption(der: Uint8Array, what: string): void {
  try {
    const file = new DerReader(der);
    const info = file.sequence();
    const algorithm = info.sequence();
    info.read(derTags.octetString);
    if (!info.isAtEnd || !file.isAtEnd) throw new DerError("something follows the key");
    if (algorithm.oid() !== pbes2) throw unsupported(what);
    const parameters = algorithm.sequence();
    checkKeyDerivation(parameters.sequence(), what);
    if (!ciphers.has(parameters.sequence().oid())) throw unsupported(what);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new PolicyError("InvalidKey", `${what} is not an encrypted PKCS#8 key: ${error.message}`);
  }
}

function checkKeyDerivation(derivation: DerReader, what: string): void {
  const name = derivation.oid();
  const parameters = derivation.sequence();
  parameters.read(derTags.octetString);
  if (name === pbkdf2) {
    checkPbkdf2Cost(parameters.integer(), what);
  } else if (name === scrypt) {
    const cost = { N: parameters.integer(), r: parameters.integer(), p: parameters.integer() };
    checkScryptCost(cost, what);
  } else {
    throw unsupported(what);
  }
}

function unsupported(what: string): PolicyError {
  const advice = 'convert it with "openssl pkcs8 -topk8 -v2 aes-256-cbc"';
  return new PolicyError("UnsupportedKey", `${what} is encrypted in a way that is not supported: ${advice}`);
}
