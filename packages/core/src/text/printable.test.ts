import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printable, printableJson, printableLines } from "./printable.js";

test.each([
  ["plain and ünïcode 😀", "plain and ünïcode 😀"],
  ["\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m"],
  ["two\nlines", "two\\x0alines"],
  ["invoice\u202efdp.exe", "invoice\\u202efdp.exe"],
  ["half \ud83d, and \udc4d alone", "half \\ud83d, and \\udc4d alone"],
])("%j is shown as %s", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

/** Each by itself, so that none is forgotten. */
const all = [
  ...range(0x7f, 0x9f),
  0x61c,
  ...range(0x200e, 0x200f),
  ...range(0x2028, 0x202e),
  ...range(0x2066, 0x2069),
  0xfeff,
];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

describe.each(all.map((code) => [`U+${code.toString(16).padStart(4, "0")}`, String.fromCharCode(code)]))(
  "%s",
  (_name, character) => {
    test("is shown in lines and texts, and escaped in JSON", () => {
      expect(printable(`a${character}b`)).toMatch(/^a\\(?:x[0-9a-f]{2}|u[0-9a-f]{4})b$/u);
      expect(printableLines(`a${character}b`)).toBe(printable(`a${character}b`));
      const json = printableJson(JSON.stringify(`a${character}b`));
      expect(json).toMatch(/^"a\\u[0-9a-f]{4}b"$/u);
      expect(JSON.parse(json)).toBe(`a${character}b`);
    });
  },
);

const harmful = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;
/** Mostly what is harmful, with halves of pairs. */
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...all.map((code) => String.fromCharCode(code)),
      "\t",
      "\n",
      "\r",
      "\u001b",
      "\ud800",
      "\udfff",
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
});

test("nothing that a terminal obeys is left", () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(printable(text)).not.toMatch(harmful);
    }),
  );
});

test("of many lines, tabs and ends of lines are left, and nothing else", () => {
  expect(printableLines("a\tb\r\nc\n\rd\r")).toBe("a\tb\r\nc\n\\x0dd\\x0d");
  fc.assert(
    fc.property(nasty, (text) => {
      expect(printableLines(text).replace(/\r\n|[\t\n]/gu, "")).not.toMatch(harmful);
    }),
  );
});

test("JSON says the same, and has none of it", () => {
  fc.assert(
    fc.property(fc.dictionary(nasty, nasty), (value) => {
      const json = printableJson(JSON.stringify(value));
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(json).not.toMatch(harmful);
    }),
  );
});
