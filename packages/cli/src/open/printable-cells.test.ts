import fc from "fast-check";
import { expect, test } from "vitest";
import { cellWidth } from "./line.js";
import { printableCells } from "@blob/core/text";

test.each([
  ["plain name.txt", "plain name.txt"],
  ["a\u001b[31mb", "a\\x1b[31mb"],
  ["\u001b]52;c;ZXZpbA==\u0007", "\\x1b]52;c;ZXZpbA==\\x07"],
  ["\u009b31m", "\\x9b31m"],
  ["exe\u202etxt.cod", "exe\\u202etxt.cod"],
  ["zero\u200bwidth", "zero\\u200bwidth"],
  ["tag\u{e0041}", "tag\\u{e0041}"],
  ["漢字 é café", "漢字 é café"],
  ["cafe\u0301", "cafe\u0301"],
  ["\u0301first", "◌\u0301first"],
])("%j is shown as %j", (text, shown) => {
  expect(printableCells(text)).toBe(shown);
});

test("marks do not pile up", () => {
  expect(printableCells(`a${"\u0301".repeat(6)}`)).toBe(`a${"\u0301".repeat(4)}\\u0301\\u0301`);
});

test("nothing that a terminal obeys is left, and everything has a width", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const shown = printableCells(text);
      expect(shown).not.toMatch(/[\p{C}\p{Default_Ignorable_Code_Point}]/u);
      expect(cellWidth(shown)).toBeGreaterThanOrEqual(text === "" ? 0 : 1);
    }),
  );
});
