import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesGlob } from "./glob.js";

test.each([
  ["refs/heads/main", "refs/heads/main", true],
  ["refs/heads/main", "refs/heads/main2", false],
  ["refs/heads/main", "xrefs/heads/main", false],
  ["refs/tags/v*", "refs/tags/v1.2.3", true],
  ["refs/tags/v*", "refs/tags/v1/evil", false],
  ["refs/tags/v*-rc*", "refs/tags/v1-rc2", true],
  ["refs/tags/*a*a", "refs/tags/a", false],
  ["https://github.com/acme/*/build.yml@*", "https://github.com/acme/site/build.yml@main", true],
  ["https://github.com/acme/*", "https://github.com/acme/site/build.yml", false],
  ["*@example.com", "me@example.com.evil.org", false],
  ["a.c", "abc", false],
  ["v*", "x1", false],
  ["v*", "", false],
  ["*", "", true],
  ["a*b", "ab", true],
  ["a*b*c", "axc", false],
  ["a*b*c", "axbc", true],
  ["*a*", "ab", true],
  ["*a*", "b", false],
])("%s covers %s: %s", (pattern, value, covers) => {
  expect(matchesGlob(pattern, value)).toBe(covers);
});

test("agrees with a regular expression that says the same", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 12 });
  fc.assert(
    fc.property(text, text, (pattern, value) => {
      const expression = new RegExp(`^${pattern.replaceAll("*", "[^/]*")}$`);
      expect(matchesGlob(pattern, value)).toBe(expression.test(value));
    }),
    { numRuns: 2000 },
  );
});

test("takes no time for a pattern that makes others backtrack", () => {
  expect(matchesGlob("*a".repeat(5000), "a".repeat(100_000) + "b")).toBe(false);
});
