import fc from "fast-check";
import { expect, test } from "vitest";
import { isJsonObject, parseStrictJson } from "./strict-json.js";

const parse = (text: string): unknown => parseStrictJson(Buffer.from(text), "it");

test.each([
  ['{"a":1,"a":2}', "names a member twice"],
  ['{"a":{"b":1,"\\u0062":2}}', "names a member twice"],
  ['[{"a":[],"b":{},"a":null}]', "names a member twice"],
  ["{", "is not JSON"],
  ["\ufeff{}", "is not JSON"],
  ["[".repeat(100_000), "is nested too deeply"],
])("%s", (text, message) => {
  expect(() => parse(text)).toThrow(message);
});

test("bytes that are not UTF-8 are refused", () => {
  expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22), "it")).toThrow("is not UTF-8");
});

test.each([
  ["lists", "[", "", "]"],
  ["objects", '{"a":', "1", "}"],
])("%s may be 64 deep, and any number beside each other", (_what, open, inside, close) => {
  const nested = (depth: number): string => open.repeat(depth) + inside + close.repeat(depth);
  expect(() => parse(nested(64))).not.toThrow();
  expect(() => parse(nested(65))).toThrow("is nested too deeply");
  expect(parse(`[${Array.from({ length: 100 }, () => nested(1)).join()}]`)).toHaveLength(100);
});

test("an object is neither a list nor null nor anything else", () => {
  expect(isJsonObject({})).toBe(true);
  for (const other of [null, undefined, [], "{}", 7, true]) expect(isJsonObject(other)).toBe(false);
});

test("the same name in different objects, and as a value, is no repetition", () => {
  expect(parse('[{"a":"a"},{"a":["a",{"a":":"}]}]')).toEqual([{ a: "a" }, { a: ["a", { a: ":" }] }]);
});

test("every JSON value that an encoder writes is read as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
      const text = JSON.stringify(value);
      expect(parse(text)).toEqual(JSON.parse(text));
    }),
  );
});
