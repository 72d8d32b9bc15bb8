import { describe, expect, test } from "vitest";
import { hexLine, hexPerRow, previewOf, textLines } from "./preview.js";

const text = (lines: ReturnType<typeof textLines>): readonly string[] =>
  lines.map((line) => line.map((span) => span.text).join(""));

test("text becomes lines without anything that a terminal obeys", () => {
  const lines = textLines([{ text: "a\tb\r\n\u001b[31mred\n\nend\n", style: "plain" }]);
  expect(text(lines)).toEqual(["a   b", "\\x1b[31mred", "", "end"]);
});

test("pieces keep their styles over lines", () => {
  expect(
    textLines([
      { text: "x ", style: "plain" },
      { text: "/* a\nb */", style: "comment" },
    ]),
  ).toEqual([
    [
      { text: "x ", style: "plain" },
      { text: "/* a", style: "comment" },
    ],
    [{ text: "b */", style: "comment" }],
  ]);
});

describe("what a preview is", () => {
  test("of text, also when the last character is cut", () => {
    const bytes = Buffer.from("häß").subarray(0, 4);
    expect(previewOf(bytes, 5)).toMatchObject({ kind: "text", note: "the first 64 KiB, not verified" });
    expect(previewOf(bytes, 5, true)).toMatchObject({ kind: "text", note: "the first 64 KiB" });
    expect(previewOf(bytes, 4)).toMatchObject({ kind: "binary" });
  });
  test("of bytes, with the type that they begin like", () => {
    const png = Buffer.from("89504e470d0a1a0a0000000d49484452000002800000 01e0".replaceAll(" ", ""), "hex");
    expect(previewOf(png, png.length)).toMatchObject({ kind: "binary", note: "PNG image, 640 × 480" });
    expect(previewOf(Buffer.from([0, 1]), 2)).toMatchObject({ kind: "binary", note: "" });
  });
  test("of nothing", () => expect(previewOf(Buffer.alloc(0), 0)).toEqual({ kind: "empty" }));
});

test("bytes in hexadecimal", () => {
  const line = hexLine(Buffer.from("0123456789abcdef\u0007z\u001b"), 1, 16);
  expect(line.map((span) => span.text).join("")).toMatch(/^000010 {2}07 7a 1b +·z·$/u);
  expect([hexPerRow(80), hexPerRow(60), hexPerRow(41), hexPerRow(40)]).toEqual([16, 8, 8, 4]);
});
