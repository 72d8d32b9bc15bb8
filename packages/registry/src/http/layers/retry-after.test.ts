import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRetryAfter } from "./retry-after.js";

const now = Date.parse("2026-01-02T03:04:05Z");

test.each([
  ["0", 0],
  ["120", 120_000],
  [" 7 ", 7000],
  ["1.5", 1500],
  ["1.16676ms", 1.16676],
  ["2m30s", 150_000],
  ["1h", 3_600_000],
  ["250us", 0.25],
  ["Fri, 02 Jan 2026 03:04:15 GMT", 10_000],
  ["Fri, 02 Jan 2026 03:00:00 GMT", 0],
  ["2026-01-02T03:04:06Z", 1000],
  [undefined, undefined],
  ["", undefined],
  ["soon", undefined],
  ["-5", undefined],
  ["1e9", undefined],
  ["NaN", undefined],
  ["Infinity", undefined],
  ["9".repeat(101), undefined],
])("%j asks for %s ms", (header, expected) => {
  const parsed = parseRetryAfter(header, now);
  if (expected === undefined) expect(parsed).toBeUndefined();
  else expect(parsed).toBeCloseTo(expected, 5);
});

test("whatever comes, a wait is a number that is not negative", () => {
  fc.assert(
    fc.property(fc.string(), (header) => {
      const parsed = parseRetryAfter(header, now);
      expect(parsed === undefined || parsed >= 0).toBe(true);
    }),
  );
});
