import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateKeyPair, isPolicyError, loadPrivateKey, parsePublicKey } from "../index.js";
import type { KeyAlgorithm, PrivateKey } from "../index.js";
import { encodePem } from "./pem.js";

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/keys/${name}`, import.meta.url), "utf8");

const pairs: Readonly<Record<KeyAlgorithm, { privateKey: KeyObject; publicKey: KeyObject }>> = {
  "ecdsa-p256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "ecdsa-p384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
  "ecdsa-p521": generateKeyPairSync("ec", { namedCurve: "P-521" }),
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ed25519: generateKeyPairSync("ed25519"),
};
const algorithms = Object.keys(pairs) as KeyAlgorithm[];
const p256 = pairs["ecdsa-p256"];
const password = "pässword";

function signsFor({ key, publicKey }: PrivateKey, expected: KeyObject): boolean {
  const message = Buffer.from("message");
  const hash = publicKey.algorithm === "ed25519" ? null : "sha256";
  return verify(hash, message, expected, sign(hash, message, key)) && publicKey.key.equals(expected);
}

const codeOf = (run: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(run)
    .then(
      () => "no error",
      (error: unknown) => (isPolicyError(error) ? error.code : error),
    );

describe("private keys", () => {
  test.each(algorithms)(
    "%s from PKCS#8, plain and encrypted, signs for its public key",
    async (algorithm) => {
      const { privateKey, publicKey } = pairs[algorithm];
      const plain = await loadPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }));
      expect(signsFor(plain, publicKey)).toBe(true);
      expect(plain.publicKey.algorithm).toBe(algorithm);
      for (const cipher of ["aes-256-cbc", "aes-128-cbc", "des-ede3-cbc"]) {
        const pem = privateKey.export({ format: "pem", type: "pkcs8", cipher, passphrase: password });
        expect(signsFor(await loadPrivateKey(pem, { password }), publicKey)).toBe(true);
      }
    },
  );

  test.each(["ecdsa-p256", "ecdsa-p384", "ecdsa-p521"] as const)("%s from SEC1", async (algorithm) => {
    const { privateKey, publicKey } = pairs[algorithm];
    const pem = privateKey.export({ format: "pem", type: "sec1" });
    expect(signsFor(await loadPrivateKey(pem), publicKey)).toBe(true);
    const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    expect(signsFor(await loadPrivateKey(Buffer.from(parameters + pem.toString())), publicKey)).toBe(true);
  });

  test("RSA from PKCS#1", async () => {
    const pem = pairs.rsa.privateKey.export({ format: "pem", type: "pkcs1" });
    expect(signsFor(await loadPrivateKey(pem), pairs.rsa.publicKey)).toBe(true);
  });

  test.each(["cosign-format.key", "cosign-format-legacy.key"])(
    "%s, which Go's implementation of the format wrote",
    async (name) => {
      const key = await loadPrivateKey(fixture(name), { password: "correct horse" });
      expect(signsFor(key, createPublicKey(fixture("cosign-format.pub")))).toBe(true);
      expect(await codeOf(() => loadPrivateKey(fixture(name), { password: "correct hors" }))).toBe(
        "WrongPassword",
      );
      expect(await codeOf(() => loadPrivateKey(fixture(name)))).toBe("PasswordRequired");
    },
  );

  test.each(algorithms)("a generated %s pair is read again with its password only", async (algorithm) => {
    for (const format of ["pkcs8", "sigstore"] as const) {
      const pair = await generateKeyPair({ password, algorithm, format });
      const { key } = parsePublicKey(pair.publicKey);
      expect(signsFor(await loadPrivateKey(pair.privateKey, { password: Buffer.from(password) }), key)).toBe(
        true,
      );
      expect(await codeOf(() => loadPrivateKey(pair.privateKey, { password: "" }))).toBe("WrongPassword");
      expect(await codeOf(() => loadPrivateKey(pair.privateKey))).toBe("PasswordRequired");
    }
  });

  test("a generated key is PKCS#8 that Node reads, encrypted unless somebody says otherwise", async () => {
    const { privateKey } = await generateKeyPair({ password });
    expect(privateKey).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----$/mu);
    expect(createPrivateKey({ key: privateKey, passphrase: password }).asymmetricKeyType).toBe("ec");
    const open = await generateKeyPair({ password: false, algorithm: "ed25519" });
    expect(createPrivateKey(open.privateKey).asymmetricKeyType).toBe("ed25519");
    expect((await generateKeyPair({ password: "", format: "sigstore" })).privateKey).toMatch(
      /^-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----$/mu,
    );
    expect(await codeOf(() => generateKeyPair({ password: false, format: "sigstore" }))).toBe(
      "PasswordRequired",
    );
  });
});

describe("what is refused", () => {
  test.each([
    ["RSA with 1024 bits", generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey],
    ["RSA-PSS", generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey],
    ["secp256k1", generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey],
    [
      "an unnamed curve",
      generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" }).privateKey,
    ],
    ["X25519", generateKeyPairSync("x25519").privateKey],
    ["Ed448", generateKeyPairSync("ed448").privateKey],
  ])("%s, as private and as public key", async (_name, key) => {
    const privatePem = key.export({ format: "pem", type: "pkcs8" });
    const publicPem = createPublicKey(key).export({ format: "pem", type: "spki" });
    expect(await codeOf(() => loadPrivateKey(privatePem))).toBe("UnsupportedKey");
    expect(await codeOf(() => parsePublicKey(publicPem))).toBe("UnsupportedKey");
  });

  test("an RSA key under whose exponent every signature verifies", async () => {
    const jwk = pairs.rsa.publicKey.export({ format: "jwk" });
    const pem = createPublicKey({ key: { ...jwk, e: "AQ" }, format: "jwk" }).export({
      format: "pem",
      type: "spki",
    });
    expect(await codeOf(() => parsePublicKey(pem))).toBe("UnsupportedKey");
  });

  const pem = p256.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const publicPem = p256.publicKey.export({ format: "pem", type: "spki" }).toString();
  test.each([
    ["nothing", "", "InvalidKey"],
    ["text", "hello", "InvalidKey"],
    ["two keys", pem + pem, "InvalidKey"],
    ["a public key", publicPem, "InvalidKey"],
    ["other content than the label says", pem.replaceAll("PRIVATE", "RSA PRIVATE"), "InvalidKey"],
    ["ends that do not match", pem.replace("END PRIVATE", "END EC PRIVATE"), "InvalidKey"],
    ["no base64", pem.replace("M", "?"), "InvalidKey"],
    ["a large file", pem + " ".repeat(65_536), "InvalidKey"],
    ["OpenSSH", encodePem("OPENSSH PRIVATE KEY", Buffer.from("openssh-key-v1\0")), "UnsupportedKey"],
    [
      "OpenSSL's old encryption",
      p256.privateKey
        .export({ format: "pem", type: "sec1", cipher: "aes-128-cbc", passphrase: password })
        .toString(),
      "UnsupportedKey",
    ],
  ])("a file with %s", async (_name, text, code) => {
    expect(await codeOf(() => loadPrivateKey(text, { password }))).toBe(code);
  });

  test("an encrypted PKCS#8 key with the wrong password, or without any", async () => {
    const encrypted = p256.privateKey.export({
      format: "pem",
      type: "pkcs8",
      cipher: "aes-256-cbc",
      passphrase: "a",
    });
    expect(await codeOf(() => loadPrivateKey(encrypted, { password: "b" }))).toBe("WrongPassword");
    expect(await codeOf(() => loadPrivateKey(encrypted))).toBe("PasswordRequired");
  });
});

describe("a file does not choose how much memory and time it takes", () => {
  const envelope = (params: unknown): string =>
    encodePem(
      "ENCRYPTED SIGSTORE PRIVATE KEY",
      Buffer.from(
        JSON.stringify({
          kdf: { name: "scrypt", params, salt: "AAAA" },
          cipher: { name: "nacl/secretbox", nonce: Buffer.alloc(24).toString("base64") },
          ciphertext: "AAAA",
        }),
      ),
    );

  test.each([
    [{ N: 2 ** 30, r: 8, p: 1 }, "UnsupportedKey"],
    [{ N: 2 ** 17, r: 9, p: 1 }, "UnsupportedKey"],
    [{ N: 2 ** 14, r: 8, p: 1_000_000 }, "UnsupportedKey"],
    [{ N: 2, r: 2 ** 30, p: 1 }, "UnsupportedKey"],
    [{ N: 65_535, r: 8, p: 1 }, "InvalidKey"],
    [{ N: -2, r: 8, p: 1 }, "InvalidKey"],
    [{ N: 2 ** 15, r: 8, p: 0 }, "InvalidKey"],
    [{ N: 2 ** 15, r: 0.5, p: 1 }, "InvalidKey"],
    [{ N: null, r: 8, p: 1 }, "InvalidKey"],
    [{ N: "65536", r: 8, p: 1 }, "InvalidKey"],
    [{}, "InvalidKey"],
    [{ N: 2 ** 17, r: 8, p: 1 }, "WrongPassword"],
  ])("scrypt with %j is %s", async (params, code) => {
    expect(await codeOf(() => loadPrivateKey(envelope(params), { password }))).toBe(code);
  });

  const integer = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    const start = Math.min(bytes.findIndex((byte) => byte !== 0) - 1, 6);
    return Buffer.concat([Buffer.from([2, 8 - start]), bytes.subarray(start)]);
  };
  const node = (tag: number, ...content: Buffer[]): Buffer => {
    const body = Buffer.concat(content);
    expect(body.length).toBeLessThan(128);
    return Buffer.concat([Buffer.from([tag, body.length]), body]);
  };
  const oid = (hex: string): Buffer => node(6, Buffer.from(hex, "hex"));
  const salt = node(4, Buffer.alloc(8));
  const file = (derivation: Buffer): string => {
    const cipher = node(0x30, oid("60864801650304012a"), node(4, Buffer.alloc(16)));
    const algorithm = node(0x30, oid("2a864886f70d01050d"), node(0x30, derivation, cipher));
    return encodePem("ENCRYPTED PRIVATE KEY", node(0x30, algorithm, node(4, Buffer.alloc(16))));
  };
  const pbkdf2 = (iterations: number): string =>
    file(node(0x30, oid("2a864886f70d01050c"), node(0x30, salt, integer(iterations))));
  const scrypt = (N: number, r: number, p: number): string =>
    file(node(0x30, oid("2b06010401da47040b"), node(0x30, salt, integer(N), integer(r), integer(p))));

  test.each([
    ["PBKDF2 with 2^31 iterations", "UnsupportedKey", pbkdf2(2 ** 31)],
    ["PBKDF2 with 2^50 iterations", "UnsupportedKey", pbkdf2(2 ** 50)],
    ["PBKDF2 with 600,000 iterations", "WrongPassword", pbkdf2(600_000)],
    ["scrypt with 2 GiB", "UnsupportedKey", scrypt(2 ** 21, 8, 1)],
    ["scrypt a million times", "UnsupportedKey", scrypt(2 ** 14, 8, 2 ** 20)],
    ["scrypt with 16 MiB", "WrongPassword", scrypt(2 ** 14, 8, 1)],
    ["another derivation", "UnsupportedKey", file(node(0x30, oid("2a03"), node(0x30, salt)))],
  ])("PKCS#8 that asks for %s is %s", async (_name, code, pem) => {
    expect(await codeOf(() => loadPrivateKey(pem, { password }))).toBe(code);
  });
});

describe("public keys", () => {
  test.each(algorithms)("%s is recognised", (algorithm) => {
    const { publicKey } = pairs[algorithm];
    const parsed = parsePublicKey(publicKey.export({ format: "pem", type: "spki" }));
    expect(parsed.algorithm).toBe(algorithm);
    expect(parsed.key.equals(publicKey)).toBe(true);
  });

  test("the fingerprint is base64 of SHA-256 of the SPKI", () => {
    // openssl pkey -pubin -in cosign-format.pub -outform der | openssl dgst -sha256 -binary | base64
    expect(parsePublicKey(fixture("cosign-format.pub")).fingerprint).toBe(
      "0r3oFzfnJF5itoEnWbJHdjATtT5egs6gMQrFGCybC9U=",
    );
  });

  test("RSA from PKCS#1 has the fingerprint of its SPKI", () => {
    const { publicKey } = pairs.rsa;
    const pkcs1 = parsePublicKey(publicKey.export({ format: "pem", type: "pkcs1" }));
    expect(pkcs1.fingerprint).toBe(
      parsePublicKey(publicKey.export({ format: "pem", type: "spki" })).fingerprint,
    );
  });

  test("a private key, or bytes behind the key, are refused", async () => {
    const pem = p256.privateKey.export({ format: "pem", type: "pkcs8" });
    expect(await codeOf(() => parsePublicKey(pem))).toBe("InvalidKey");
    const spki = p256.publicKey.export({ format: "der", type: "spki" });
    const longer = encodePem("PUBLIC KEY", Buffer.concat([spki, Buffer.from("more")]));
    expect(await codeOf(() => parsePublicKey(longer))).toBe("InvalidKey");
  });
});

const labels = fc.constantFrom(
  "PRIVATE KEY",
  "EC PRIVATE KEY",
  "RSA PRIVATE KEY",
  "ENCRYPTED PRIVATE KEY",
  "ENCRYPTED SIGSTORE PRIVATE KEY",
  "PUBLIC KEY",
  "RSA PUBLIC KEY",
);
const anyContent = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json().map((json) => Buffer.from(json)),
);

test("any bytes as a key file fail with a typed error", async () => {
  const file = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(labels, anyContent).map(([label, content]) => Buffer.from(encodePem(label, content))),
  );
  await fc.assert(
    fc.asyncProperty(file, async (bytes) => {
      const codes = ["InvalidKey", "UnsupportedKey", "WrongPassword"];
      expect(codes).toContain(await codeOf(() => loadPrivateKey(bytes, { password })));
      expect(codes).toContain(await codeOf(() => parsePublicKey(bytes)));
    }),
  );
});

test("one changed byte in a key file is no key, the same key, or a typed error", async () => {
  const files = [
    p256.privateKey.export({ format: "der", type: "pkcs8" }),
    p256.privateKey
      .export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: password })
      .toString()
      .split("\n")
      .filter((line) => !line.startsWith("-"))
      .join(""),
  ] as const;
  const encrypted = Buffer.from(files[1], "base64");
  const source = fc.constantFrom(
    ["PRIVATE KEY", files[0]] as const,
    ["ENCRYPTED PRIVATE KEY", encrypted] as const,
  );
  await fc.assert(
    fc.asyncProperty(source, fc.nat(), fc.integer({ min: 1, max: 255 }), async ([label, der], at, change) => {
      const changed = Buffer.from(der);
      const index = at % changed.length;
      changed[index] = (changed[index] ?? 0) ^ change;
      const error: unknown = await loadPrivateKey(encodePem(label, changed), { password }).catch(
        (thrown) => thrown,
      );
      expect(!(error instanceof Error) || isPolicyError(error)).toBe(true);
    }),
  );
});

test("no message or printed key shows key material or a password", async () => {
  const secret = "hunter2hunter2";
  const body = Buffer.from(secret).toString("base64");
  const files = [
    secret,
    `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`,
    `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`,
    encodePem("ENCRYPTED SIGSTORE PRIVATE KEY", Buffer.from(secret)),
    encodePem("ENCRYPTED SIGSTORE PRIVATE KEY", Buffer.from(`{"kdf":${secret}}`)),
    encodePem(
      "ENCRYPTED SIGSTORE PRIVATE KEY",
      Buffer.from(`{"kdf":{"name":"${secret}"},"cipher":{"name":"${secret}"}}`),
    ),
    encodePem("ENCRYPTED PRIVATE KEY", Buffer.from(secret)),
    fixture("cosign-format.key"),
    p256.privateKey
      .export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "other" })
      .toString(),
  ];
  for (const file of files) {
    const error: unknown = await loadPrivateKey(file, { password: secret }).catch(
      (thrown: unknown) => thrown,
    );
    expect(isPolicyError(error)).toBe(true);
    const shown = inspect(error, { depth: 10 });
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(body);
  }
  const pem = p256.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const shown = inspect(await loadPrivateKey(pem), { depth: 10, showHidden: true });
  expect(shown).not.toContain(p256.privateKey.export({ format: "jwk" }).d);
  expect(JSON.stringify(await loadPrivateKey(pem))).not.toContain(
    p256.privateKey.export({ format: "jwk" }).d,
  );
});
