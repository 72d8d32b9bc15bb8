import { expect, test } from "vitest";
import { checkByteRange } from "./byte-range.js";

test("a range inside is fine, up to the last byte and without any", () => {
  for (const [offset, length] of [
    [0, 10],
    [0, 0],
    [10, 0],
    [9, 1],
    [3, 4],
  ] as const) {
    expect(() => checkByteRange({ offset, length }, 10)).not.toThrow();
  }
});

test.each([
  [0, 11],
  [11, 0],
  [10, 1],
  [-1, 2],
  [5, -1],
  [1.5, 1],
  [1, 1.5],
  [Number.NaN, 1],
  [1, Number.NaN],
  [Number.POSITIVE_INFINITY, 1],
  [1, Number.POSITIVE_INFINITY],
  [2 ** 53, 0],
])("%d and %d bytes are not inside of 10", (offset, length) => {
  const why = `${length} bytes from ${offset} on are not inside of the 10 of`;
  expect(() => checkByteRange({ offset, length }, 10)).toThrow(
    expect.objectContaining({ code: "InvalidArgument", message: `${why} the source`, path: undefined }),
  );
  expect(() => checkByteRange({ offset, length }, 10, "a/b")).toThrow(
    expect.objectContaining({ code: "InvalidArgument", message: `${why} "a/b"`, path: "a/b" }),
  );
});
