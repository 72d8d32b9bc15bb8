import fc from "fast-check";
import { expect, test } from "vitest";
import { nearest } from "./nearest.js";

test.each([
  ["psuh", ["pull", "push"], "push"],
  ["confg", ["completion", "config"], "config"],
  ["index.htm", ["index.html", "main.js"], "index.html"],
  ["x", ["push", "pull"], undefined],
  ["", ["push"], undefined],
])("%j among %j: %s", (name, names, found) => expect(nearest(name, names)).toBe(found));

/** Distances by the definition, in a whole table. */
function distance(one: string, other: string): number {
  const rows: number[][] = [];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let row = 0; row <= one.length; row += 1) {
    rows.push([]);
    for (let column = 0; column <= other.length; column += 1) {
      const replaced = one[row - 1] === other[column - 1] ? 0 : 1;
      const ways =
        row === 0 || column === 0
          ? [row + column]
          : [at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + replaced];
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
        ways.push(at(row - 2, column - 2) + 1);
      }
      rows[row]?.push(Math.min(...ways));
    }
  }
  return at(one.length, other.length);
}

test("what is found is as near as anything is, and near enough", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(name, fc.array(name, { maxLength: 8 }), (given, names) => {
      const least = Math.min(...names.map((one) => distance(given, one)));
      const found = nearest(given, names);
      if (least > Math.min(3, Math.ceil(given.length / 4))) expect(found).toBeUndefined();
      else expect(found === undefined ? -1 : distance(given, found)).toBe(least);
    }),
  );
});

test("names that are long and alike cost what they are long, not its square", () => {
  const long = "a".repeat(500_000);
  expect(nearest(`${long}x`, [`${long}y`])).toBe(`${long}y`);
});
