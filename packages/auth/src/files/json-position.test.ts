import fc from "fast-check";
import { expect, test } from "vitest";
import { findJsonError } from "./json-position.js";

test.each([
  ["{", 1, 2],
  ["{}x", 1, 3],
  ['{\n  "a": 1,\n}', 3, 1],
  ['{\r\n  "a" 1}', 2, 7],
  ['{"a": tru}', 1, 7],
  ['{"a": "no end', 1, 7],
  ['["\\x"]', 1, 2],
  ["[1, 2", 1, 6],
  ["[1}", 1, 3],
  ["", 1, 1],
  ["01", 1, 2],
  ["\u{feff}{}", 1, 1],
])("findJsonError finds where %j goes wrong", (text, line, column) => {
  expect(findJsonError(text)).toEqual({ line, column });
});

/** JSON with one character cut out, doubled or replaced. */
const damagedJson = fc
  .tuple(fc.json(), fc.nat(), fc.nat({ max: 3 }), fc.constantFrom(...'{}[],:"\\ 0-.eE\n'.split("")))
  .map(([json, where, length, insert]) => {
    const at = where % (json.length + 1);
    return json.slice(0, at) + (length === 3 ? "" : insert) + json.slice(at + length);
  });

test("findJsonError finds an error exactly where JSON.parse refuses", () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), damagedJson), (text) => {
      let isValid = true;
      try {
        JSON.parse(text);
      } catch {
        isValid = false;
      }
      expect(findJsonError(text) === undefined).toBe(isValid);
    }),
    { numRuns: 1000 },
  );
});

test("findJsonError takes any nesting and length", () => {
  expect(findJsonError("[".repeat(500_000))).toEqual({ line: 1, column: 500_001 });
  expect(findJsonError(`"${"\\n".repeat(500_000)}"`)).toBeUndefined();
});
