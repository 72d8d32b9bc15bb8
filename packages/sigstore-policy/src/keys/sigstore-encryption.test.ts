import { scryptSync } from "node:crypto";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { expect, test } from "vitest";
import { isPolicyError } from "../errors.js";
import { openSigstoreEnvelope } from "./sigstore-encryption.js";

const password = Buffer.from("password");
const content = Buffer.from("any key");
const nonce = Buffer.alloc(24, 1);
const cost = { N: 16, r: 1, p: 1 };
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Written by hand, with little work for scrypt. */
function envelope(salt: Uint8Array = Buffer.alloc(32, 2)): Record<string, unknown> {
  const key = scryptSync(password, salt, 32, cost);
  return {
    kdf: { name: "scrypt", params: cost, salt: base64(salt) },
    cipher: { name: "nacl/secretbox", nonce: base64(nonce) },
    ciphertext: base64(xsalsa20poly1305(key, nonce).encrypt(content)),
  };
}

async function opened(value: unknown, given: Uint8Array = password): Promise<string> {
  const json = typeof value === "string" ? value : JSON.stringify(value);
  try {
    return Buffer.from(await openSigstoreEnvelope(Buffer.from(json), given, "it")).toString();
  } catch (error) {
    if (isPolicyError(error)) return error.code;
    throw error;
  }
}

const kdf = (change: Record<string, unknown>): unknown => {
  const whole = envelope();
  return { ...whole, kdf: { ...Object(whole["kdf"]), ...change } };
};
const cipher = (change: Record<string, unknown>): unknown => {
  const whole = envelope();
  return { ...whole, cipher: { ...Object(whole["cipher"]), ...change } };
};

test("is opened with its password and no other", async () => {
  expect(await opened(envelope())).toBe("any key");
  expect(await opened(envelope(), Buffer.from("passwort"))).toBe("WrongPassword");
});

test("with a changed byte is not opened", async () => {
  expect(await opened(cipher({ nonce: base64(Buffer.alloc(24, 3)) }))).toBe("WrongPassword");
  expect(await opened({ ...envelope(), ciphertext: base64(Buffer.alloc(40)) })).toBe("WrongPassword");
});

test.each([
  ["another derivation", kdf({ name: "argon2" })],
  ["another cipher", cipher({ name: "aes" })],
  ["another of both", { kdf: { name: "argon2" }, cipher: { name: "aes" } }],
])("with %s is not supported", async (_what, value) => {
  expect(await opened(value)).toBe("UnsupportedKey");
});

test.each([
  ["no JSON", "{"],
  ["JSON of something else", []],
  ["a derivation without a name", kdf({ name: undefined })],
  ["a cipher without a name", cipher({ name: 1 })],
  ["a text for N", kdf({ params: { ...cost, N: "16" } })],
  ["a text for r", kdf({ params: { ...cost, r: "1" } })],
  ["a text for p", kdf({ params: { ...cost, p: "1" } })],
  ["no parameters", kdf({ params: undefined })],
  ["no salt", kdf({ salt: undefined })],
  ["a salt that is no base64", kdf({ salt: "?" })],
  ["a number for a salt", kdf({ salt: 7 })],
  ["base64 with something behind it", kdf({ salt: "AAAA=" })],
  ["a short nonce", cipher({ nonce: base64(Buffer.alloc(23)) })],
  ["a long nonce", cipher({ nonce: base64(Buffer.alloc(25)) })],
  ["no nonce", cipher({ nonce: undefined })],
  ["no content", { ...envelope(), ciphertext: undefined }],
])("with %s is malformed", async (_what, value) => {
  expect(await opened(value)).toBe("InvalidKey");
});

test("a salt may have 1024 bytes, and not one more", async () => {
  expect(await opened(envelope(Buffer.alloc(1024)))).toBe("any key");
  expect(await opened(envelope(Buffer.alloc(1025)))).toBe("InvalidKey");
});

test("costs are checked before any work is done", async () => {
  expect(await opened(kdf({ params: { N: 2 ** 30, r: 8, p: 1 } }))).toBe("UnsupportedKey");
});
