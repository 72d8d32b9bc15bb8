import { expect, test } from "vitest";
import { formatMode, formatTime, isoTime } from "./entry-text.js";

test.each([
  [0o644, "-rw-r--r--"],
  [0o755, "-rwxr-xr-x"],
  [0o001, "---------x"],
  [0, "----------"],
])("mode %i", (mode, shown) => {
  expect(formatMode(mode)).toBe(shown);
});

test.each([
  [0n, "1970-01-01T00:00:00Z"],
  [1_700_000_000_122_999_000n, "2023-11-14T22:13:20.122999Z"],
  [-1n, "1969-12-31T23:59:59.999999999Z"],
])("time %i", (time, shown) => {
  expect(isoTime(time)).toBe(shown);
});

test("a time for people", () => {
  expect(formatTime(1_700_000_000_122_999_000n)).toBe("2023-11-14 22:13");
});

test("the furthest times that an index can hold have a text", () => {
  expect(isoTime(-(2n ** 63n))).toBe("1677-09-21T00:12:43.145224192Z");
  expect(isoTime(2n ** 63n - 1n)).toBe("2262-04-11T23:47:16.854775807Z");
});
