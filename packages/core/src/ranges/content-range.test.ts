import { expect, test } from "vitest";
import { formatContentRange, parseContentRange } from "./content-range.js";

test.each([
  ["bytes 0-99/1234", { offset: 0, length: 100, size: 1234 }],
  ["bytes 5-5/6", { offset: 5, length: 1, size: 6 }],
  ["Bytes 0-0/*", { offset: 0, length: 1, size: undefined }],
  [" bytes 0-99/1234\t", { offset: 0, length: 100, size: 1234 }],
  ["bytes 3-9007199254740990/*", { offset: 3, length: Number.MAX_SAFE_INTEGER - 3, size: undefined }],
  // With status 416.
  ["bytes */1234", { offset: undefined, length: undefined, size: 1234 }],
  ["bytes */*", { offset: undefined, length: undefined, size: undefined }],
])("%j", (header, expected) => {
  expect(parseContentRange(header)).toEqual(expected);
});

test.each([
  "",
  null,
  undefined,
  "bytes",
  "bytes 5-4/10",
  "bytes -4/10",
  "0-4/10",
  "bytes 0-4",
  "bytes 0-4/10x",
  "bytes 0-10/10",
  "bytes 0-9/10, bytes 20-29/30",
  "items 0-9/10",
  "bytes  0-9/10",
  "bytes=0-9/10",
  "bytes -1-5/10",
  "0 bytes 0-99/1234",
  // JavaScript cannot tell them from their neighbours.
  "bytes 0-9999999999999999/*",
  "bytes 0-99/12345678901234567",
  "bytes */9007199254740993",
  "bytes 12345678901234567-12345678901234568/*",
])("%j says nothing", (header) => {
  expect(parseContentRange(header)).toBeUndefined();
});

test("what a server has to answer is what is read", () => {
  const range = { offset: 3, length: 4 };
  expect(formatContentRange(range, 10)).toBe("bytes 3-6/10");
  expect(parseContentRange(formatContentRange(range, 10))).toEqual({ ...range, size: 10 });
});
