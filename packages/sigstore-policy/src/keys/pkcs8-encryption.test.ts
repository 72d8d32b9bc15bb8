import { expect, test } from "vitest";
import type { Der } from "../der/der-writer.js";
import { element, integer, objectIdentifier, octetString, sequence } from "../der/der-writer.js";
import { isPolicyError } from "../errors.js";
import { checkPkcs8Encryption } from "./pkcs8-encryption.js";

const salt = octetString(new Uint8Array(8));
const pbkdf2 = sequence(objectIdentifier("1.2.840.113549.1.5.12"), sequence(salt, integer(2048)));
const aes = objectIdentifier("2.16.840.1.101.3.4.1.42");
const pbes2 = objectIdentifier("1.2.840.113549.1.5.13");
const key = octetString(new Uint8Array(16));
const algorithm = (cipher: Der = aes, scheme: Der = pbes2): Der =>
  sequence(scheme, sequence(pbkdf2, sequence(cipher, octetString(new Uint8Array(16)))));

function refusal(der: Uint8Array): string {
  try {
    checkPkcs8Encryption(der, "it");
    return "none";
  } catch (error) {
    if (isPolicyError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

test("what OpenSSL writes passes", () => {
  expect(refusal(sequence(algorithm(), key))).toBe("none");
});

test("another scheme or cipher is not supported", () => {
  expect(refusal(sequence(algorithm(aes, objectIdentifier("1.2.840.113549.1.5.3")), key))).toMatch(
    /^UnsupportedKey/,
  );
  expect(refusal(sequence(algorithm(objectIdentifier("1.2.840.113549.3.2")), key))).toMatch(
    /^UnsupportedKey/,
  );
});

test("what follows the key, inside of its structure or behind it, is refused", () => {
  expect(refusal(sequence(algorithm(), key, key))).toMatch(/^InvalidKey.*something follows/);
  expect(refusal(Buffer.concat([sequence(algorithm(), key), Uint8Array.of(0)]))).toMatch(
    /^InvalidKey.*something follows/,
  );
});

test("what is no such structure is refused, and says what is wrong", () => {
  expect(refusal(new Uint8Array(0))).toMatch(/^InvalidKey: it is not an encrypted PKCS#8 key: .*ends early/);
  expect(refusal(sequence(algorithm()))).toMatch(/^InvalidKey/);
  expect(refusal(sequence(algorithm(), element(0x05)))).toMatch(/^InvalidKey/);
});
