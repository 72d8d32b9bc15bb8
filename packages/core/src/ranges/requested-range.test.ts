import { expect, test } from "vitest";
import { parseRange } from "./requested-range.js";

test.each([
  [undefined, { kind: "whole" }],
  ["", { kind: "whole" }],
  ["bytes=0-9", { kind: "part", start: 0, end: 10 }],
  ["bytes=5-", { kind: "part", start: 5, end: 100 }],
  ["bytes=-10", { kind: "part", start: 90, end: 100 }],
  ["bytes=-1000", { kind: "part", start: 0, end: 100 }],
  ["bytes=90-1000", { kind: "part", start: 90, end: 100 }],
  ["bytes=100-", { kind: "unsatisfiable" }],
  ["bytes=100-200", { kind: "unsatisfiable" }],
  ["bytes=-0", { kind: "unsatisfiable" }],
  // Not one well-formed range: ignored, as RFC 9110 allows.
  ["bytes=5-4", { kind: "whole" }],
  ["bytes=0-1,3-4", { kind: "whole" }],
  ["bytes=-", { kind: "whole" }],
  ["items=0-9", { kind: "whole" }],
  ["bytes=a-b", { kind: "whole" }],
])("%j of 100 bytes", (header, expected) => {
  expect(parseRange(header, 100)).toEqual(expected);
});

test("an empty blob has no part", () => {
  expect(parseRange("bytes=0-0", 0)).toEqual({ kind: "unsatisfiable" });
  expect(parseRange(undefined, 0)).toEqual({ kind: "whole" });
});
