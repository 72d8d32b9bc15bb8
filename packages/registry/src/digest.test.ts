import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Digest } from "./descriptor.js";
import { digestLike, isDigest, parseDigest, sha256Digest, verified } from "./digest.js";
import { chunksOf, collect } from "./testing/bytes.js";

const emptySha256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

test("the digest of nothing is the well-known one", () => {
  expect(sha256Digest(new Uint8Array())).toBe(emptySha256);
});

test.each([
  [emptySha256, true],
  [emptySha256.toUpperCase(), false],
  [`${emptySha256}0`, false],
  [`sha512:${"a".repeat(128)}`, true],
  [`sha512:${"a".repeat(64)}`, false],
  [`sha384:${"a".repeat(96)}`, false],
  [`${emptySha256}\n`, false],
  ["", false],
])("isDigest(%j) is %s", (text, expected) => {
  expect(isDigest(text)).toBe(expected);
});

test("parseDigest gives the parts, or says how a digest is written", () => {
  expect(parseDigest(emptySha256)).toEqual({ algorithm: "sha256", hex: emptySha256.slice(7) });
  expect(() => parseDigest("sha256:short")).toThrow("64");
});

describe("verified", () => {
  test("hands on exactly the bytes, whatever their pieces", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom<Digest>("sha256:", "sha512:"),
        async (bytes, length, prefix) => {
          const algorithm = prefix.slice(0, -1);
          const digest: Digest = `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
          expect(digestLike(digest, bytes)).toBe(digest);
          const out = await collect(verified(chunksOf(bytes, length), { digest, size: bytes.length }));
          expect(Buffer.compare(out, bytes)).toBe(0);
        },
      ),
    );
  });

  const content = Buffer.from("content");
  const blob = { digest: sha256Digest(content), size: content.length };

  test.each([
    ["a changed byte", Buffer.from("Content"), "has the digest"],
    ["a missing byte", content.subarray(1), "got 6 of its 7"],
    ["a byte too many", Buffer.from("content!"), "more than its 7"],
    ["nothing", Buffer.alloc(0), "got 0 of its 7"],
  ])("throws instead of ending after %s", async (_what, bytes, message) => {
    for (const length of [1, 100]) {
      const reading = collect(verified(chunksOf(bytes, length), blob));
      await expect(reading).rejects.toMatchObject({ code: "DigestMismatch", digest: blob.digest });
      await expect(collect(verified(chunksOf(bytes, length), blob))).rejects.toThrow(message);
    }
  });
});

test.each([`x${emptySha256}`, ` ${emptySha256}`, `sha256:${emptySha256}`, `blob@${emptySha256}`])(
  "a digest in %j is not one",
  (text) => {
    expect(isDigest(text)).toBe(false);
  },
);
