import fc from "fast-check";
import { expect, test } from "vitest";
import { parseStrictJson } from "./strict-json.js";

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
