import fc from "fast-check";
import { expect, test } from "vitest";
import { entryKey, entryName, shardOf, shardPattern } from "./entry-name.js";

test.each([
  ["sha256:ab-c_1", "sha256%3aab-c_1"],
  ["ghcr.io/acme", "ghcr%2eio%2facme"],
  ["A", "%41"],
  ["..", "%2e%2e"],
  ["\0\n", "%00%0a"],
  ["ä€", "%c3%a4%e2%82%ac"],
  ["%41", "%2541"],
])("%j is the file %s", (key, name) => {
  expect(entryName(key)).toBe(name);
  expect(entryKey(name)).toBe(key);
});

test("names have 200 characters at the most, and one at least", () => {
  expect(entryName("a".repeat(200))).toBe("a".repeat(200));
  expect(entryName("a".repeat(201))).toBeUndefined();
  expect(entryName("A".repeat(67))).toBeUndefined();
  expect(entryName("")).toBeUndefined();
  expect(entryKey("a".repeat(200))).toBe("a".repeat(200));
  expect(entryKey("a".repeat(201))).toBeUndefined();
});

// Two names of one key would be two entries, and a file that we did not write would be one of ours.
test.each([
  "",
  "A",
  "a.tmp",
  "%4",
  "%4g",
  "%4A",
  "%61",
  "a%",
  "a b",
  "%ff",
  "%ef%bf%bd%80",
  "x\n",
  "\nx",
  ".a",
])("%j is no entry's file", (name) => {
  expect(entryKey(name)).toBeUndefined();
});

test("keys and names stand for each other, and no two keys have one name on any file system", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), (key) => {
      const name = entryName(key);
      if (name === undefined) return;
      // A lone surrogate has no bytes of its own.
      if (!/\p{Surrogate}/u.test(key)) expect(entryKey(name)).toBe(key);
      expect(name).toMatch(/^[a-z0-9_%-]+$/);
      expect(shardOf(name)).toMatch(shardPattern);
    }),
  );
});

test("a shard is two digits", () => {
  for (const name of ["0", "000", "0g", "AB", "ab\n", "xab"]) expect(shardPattern.test(name)).toBe(false);
  expect(shardPattern.test("0f")).toBe(true);
});
