import fc from "fast-check";
import { expect, test } from "vitest";
import { printable } from "./printable.js";

test.each([
  ["plain and ünïcode 😀", "plain and ünïcode 😀"],
  ["\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m"],
  ["two\nlines", "two\\x0alines"],
  ["invoice\u202efdp.exe", "invoice\\u202efdp.exe"],
])("%j is shown as %s", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("nothing that a terminal obeys is left", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
