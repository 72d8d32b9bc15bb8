import { expect, test } from "vitest";
import { parseContentRange } from "./content-range.js";

test.each([
  ["bytes 0-99/1234", { start: 0, end: 100, total: 1234 }],
  ["bytes 5-5/6", { start: 5, end: 6, total: 6 }],
  ["Bytes 0-0/*", { start: 0, end: 1, total: undefined }],
  ["bytes */1234", undefined],
  ["bytes 5-4/10", undefined],
  ["bytes 0-10/10", undefined],
  ["bytes 0-9/10, bytes 20-29/30", undefined],
  ["items 0-9/10", undefined],
  ["bytes 0-9999999999999999/*", undefined],
  ["bytes -1-5/10", undefined],
  ["", undefined],
])("%j", (header, expected) => {
  expect(parseContentRange(header)).toEqual(expected);
});

test.each([
  [" bytes 0-99/1234\t", { start: 0, end: 100, total: 1234 }],
  ["0 bytes 0-99/1234", undefined],
  ["bytes 0-99/12345678901234567", undefined],
  ["bytes 12345678901234567-12345678901234568/*", undefined],
  ["bytes 3-9007199254740990/*", { start: 3, end: Number.MAX_SAFE_INTEGER, total: undefined }],
])("%j, too", (header, expected) => {
  expect(parseContentRange(header)).toEqual(expected);
});
