import { expect, test } from "vitest";
import { checkPathBytes, pathText } from "./path-bytes.js";

/** Checks a path that lies between others, which must not count. */
function check(path: Uint8Array | string): void {
  const middle = Buffer.from(path);
  checkPathBytes(Buffer.concat([Buffer.from("x/"), middle, Buffer.from("..\0")]), 2, middle.length);
}

test.each([
  "a",
  "a/b",
  ".a",
  "a.",
  "..a",
  "...",
  "a/...",
  "a/.b/c",
  "é",
  "a\u{1f600}b",
  "\ufeffa",
  "x".repeat(100),
])("%j is a path, and read as it is", (path) => {
  expect(() => check(path)).not.toThrow();
  const bytes = Buffer.from(`ab${path}cd`);
  expect(pathText(bytes, 2, bytes.length - 4)).toBe(path);
});

test.each([
  ["", "an empty element"],
  ["/a", "an empty element"],
  ["a/", "an empty element"],
  ["a//b", "an empty element"],
  [".", '"." or ".." element'],
  ["..", '"." or ".." element'],
  ["a/../b", '"." or ".." element'],
  ["a/.", '"." or ".." element'],
  ["a\0b", "a NUL"],
  [Uint8Array.of(0x61, 0x80), "not valid UTF-8"],
  [Uint8Array.of(0x80), "not valid UTF-8"],
  [Uint8Array.of(0x61, 0xff, 0x62), "not valid UTF-8"],
  [Uint8Array.of(0xed, 0xa0, 0x80), "not valid UTF-8"],
  [Uint8Array.of(0x61, 0xc3), "not valid UTF-8"],
])("%j is none", (path, why) => {
  expect(() => check(path)).toThrow(
    expect.objectContaining({ code: "InvalidIndex", message: expect.stringContaining(why) }),
  );
});
