import fc from "fast-check";
import { expect, test } from "vitest";
import { coverScopes, mergeScopes } from "./scopes.js";

test.each([
  [[], []],
  [["", "repository:a:pull", "repository:a:pull"], ["repository:a:pull"]],
  [
    ["repository:b:pull", "repository:a:push,pull"],
    ["repository:a:pull,push", "repository:b:pull"],
  ],
  [["repository:a:pull", "repository:a:push"], ["repository:a:pull,push"]],
  [
    ["repository:host:5000/a:pull", "registry:catalog:*"],
    ["registry:catalog:*", "repository:host:5000/a:pull"],
  ],
  [["aws", "aws"], ["aws"]],
  [
    ["aws:b", "aws:a", ":a", ":b"],
    [":a", ":b", "aws:a", "aws:b"],
  ],
])("mergeScopes makes of %j one scope for each resource", (scopes, expected) => {
  expect(mergeScopes(scopes)).toEqual(expected);
});

test.each([
  [["repository:a:pull,push"], ["repository:a:pull"], true],
  [["repository:a:pull"], ["repository:a:pull,push"], false],
  [["repository:a:*"], ["repository:a:delete"], true],
  [["repository:a:pull"], ["repository:ab:pull"], false],
  [["repository:a:pull", "repository:b:pull"], ["repository:b:pull", "repository:a:pull"], true],
  [["aws"], ["aws"], true],
  [[], ["aws"], false],
  [[], [], true],
])("coverScopes: %j for %j is %j", (granted, wanted, expected) => {
  expect(coverScopes(granted, wanted)).toBe(expected);
});

const scope = fc
  .tuple(fc.constantFrom("a", "b", "c/d"), fc.subarray(["pull", "push", "delete"], { minLength: 1 }))
  .map(([name, actions]) => `repository:${name}:${actions.join(",")}`);

test("a token for merged scopes covers each of them, in any order", () => {
  fc.assert(
    fc.property(fc.array(scope), (scopes) => {
      const merged = mergeScopes(scopes);
      expect(coverScopes(merged, scopes)).toBe(true);
      expect(mergeScopes(scopes.toReversed())).toEqual(merged);
      expect(mergeScopes(merged)).toEqual(merged);
    }),
  );
});

test("mergeScopes keeps only so many that a registry asks for", () => {
  const many = Array.from({ length: 1000 }, (_, index) => `repository:r${index}:pull`);
  expect(mergeScopes(many)).toHaveLength(64);
  // More to do with one of those is not one more.
  expect(mergeScopes([...many, "repository:r0:push"])).toContain("repository:r0:pull,push");
});
