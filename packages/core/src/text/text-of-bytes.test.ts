import { expect, test } from "vitest";
import { textOfBytes } from "./text-of-bytes.js";

const littleEndian = Buffer.from("\ufeffgrün €", "utf16le");

test.each([
  ["UTF-8", Buffer.from("grün €")],
  ["UTF-8 with its mark", Buffer.from("\ufeffgrün €")],
  ["UTF-16, low byte first", littleEndian],
  ["UTF-16, high byte first", Buffer.from(littleEndian).swap16()],
])("%s is read, and the mark is no part of it", (_name, bytes) => {
  expect(textOfBytes(bytes)).toBe("grün €");
});

test("nothing is nothing, and what is no text does no harm", () => {
  expect(textOfBytes(new Uint8Array())).toBe("");
  expect(textOfBytes(Uint8Array.of(0x61, 0xff, 0x62))).toBe("a\ufffdb");
});
