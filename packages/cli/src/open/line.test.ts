import fc from "fast-check";
import { expect, test } from "vitest";
import type { Line, Style } from "./line.js";
import { cellWidth, cutLine, fillLine, lineWidth, spreadLine } from "./line.js";
import { printableCells } from "@blob/core/text";

const line = (...texts: readonly string[]): Line => texts.map((text) => ({ text, style: "plain" }));
const textOf = (cut: Line): string => cut.map(({ text }) => text).join("");

test.each([
  ["abc", 3, 0, "abc"],
  ["abcd", 3, 0, "ab…"],
  ["漢字", 4, 0, "漢字"],
  ["漢字x", 4, 0, "漢…"],
  ["漢字", 3, 0, "漢…"],
  ["漢字", 4, 1, " 字"],
  ["cafe\u0301 au lait", 5, 0, "cafe\u0301…"],
  ["abcdef", 3, 2, "cd…"],
  ["abcdef", 4, 2, "cdef"],
  ["abc", 3, 9, ""],
])("%j in %d cells from %d is %j", (text, width, from, expected) => {
  expect(textOf(cutLine(line(text), width, from))).toBe(expected);
});

test("what is cut keeps its styles", () => {
  const styled: Line = [
    { text: "abc", style: "keyword" },
    { text: "def", style: "string" },
  ];
  expect(cutLine(styled, 5)).toEqual([
    { text: "abc", style: "keyword" },
    { text: "d", style: "string" },
    { text: "…", style: "string" },
  ]);
});

test("the right part stays when the left one is cut", () => {
  expect(textOf(spreadLine(line("a long name"), line("  1 KiB"), 14))).toBe("a long…  1 KiB");
});

const styles: readonly Style[] = ["plain", "dim"];

test("no part is wider than asked for, and a filled line is exactly as wide", () => {
  const lines = fc.array(
    fc.record({
      text: fc.string({ unit: "grapheme" }).map(printableCells),
      style: fc.constantFrom(...styles),
    }),
  );
  fc.assert(
    fc.property(lines, fc.nat(30), fc.nat(40), (spans, width, from) => {
      expect(lineWidth(cutLine(spans, width, from))).toBeLessThanOrEqual(width);
      expect(cellWidth(textOf(fillLine(spans, width)))).toBe(width);
    }),
  );
});
