import { createCipheriv, randomBytes, scrypt } from "node:crypto";
import { integer, objectIdentifier, octetString, sequence } from "../der/der-writer.js";
import { type ScryptCost, scryptMemory } from "./kdf-limits.js";

/** The work of cosign's files, in the 16 MiB that OpenSSL allows by default. */
const cost: ScryptCost = { N: 16_384, r: 8, p: 4 };
const aes256 = { name: "aes-256-cbc", oid: "2.16.840.1.101.3.4.1.42", keyBytes: 32, ivBytes: 16 };

/**
 * Encrypts a PKCS#8 key (RFC 5958, section 3) with PBES2 (RFC 8018), scrypt (RFC 7914, section 7) and AES-256, which OpenSSL
 * reads. What `crypto` exports by itself is protected by 2,048 rounds of PBKDF2: too few against guessing.
 */
export async function sealPkcs8(der: Uint8Array, password: Uint8Array): Promise<Uint8Array> {
  const salt = randomBytes(16);
  const iv = randomBytes(aes256.ivBytes);
  const cipher = createCipheriv(aes256.name, await deriveKey(password, salt), iv);
  const sealed = Buffer.concat([cipher.update(der), cipher.final()]);
  const derivation = sequence(
    objectIdentifier("1.3.6.1.4.1.11591.4.11"),
    sequence(octetString(salt), integer(cost.N), integer(cost.r), integer(cost.p)),
  );
  const scheme = sequence(derivation, sequence(objectIdentifier(aes256.oid), octetString(iv)));
  return sequence(sequence(objectIdentifier("1.2.840.113549.1.5.13"), scheme), octetString(sealed));
}

function deriveKey(password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const { N, r, p } = cost;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, aes256.keyBytes, { N, r, p, maxmem: scryptMemory(cost) }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
