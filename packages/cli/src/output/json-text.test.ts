import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonText } from "./json-text.js";

const textOf = (value: unknown): string => [...jsonText(value)].join("");

test("is what JSON.stringify gives", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(textOf(value)).toBe(JSON.stringify(value, null, 2));
    }),
  );
  const odd = {
    gone: undefined,
    list: [undefined, 1],
    empty: {},
    none: [],
    date: new Date(0),
    nested: [{}, [[]]],
  };
  expect(textOf(odd)).toBe(JSON.stringify(odd, null, 2));
});

test("takes what is made on the way for what it is, and reads a property when its turn comes", () => {
  let count = 0;
  const value = {
    list: (function* () {
      for (; count < 3; count += 1) yield { count };
    })(),
    get total() {
      return count;
    },
  };
  expect(JSON.parse(textOf(value))).toEqual({ list: [{ count: 0 }, { count: 1 }, { count: 2 }], total: 3 });
});

test("20,000 levels and 200,000 values take neither stack nor one long text", () => {
  let deep: unknown = "bottom";
  for (let level = 0; level < 20_000; level += 1) deep = { in: [deep] };
  let [pieces, longest, length] = [0, 0, 0];
  for (const piece of jsonText([deep, Array.from({ length: 200_000 }, (_, at) => at)])) {
    pieces += 1;
    longest = Math.max(longest, piece.length);
    length += piece.length;
  }
  expect(longest).toBeLessThan(100_000);
  expect(pieces).toBeGreaterThan(length / 100_000);
});
