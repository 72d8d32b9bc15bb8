import { expect, test } from "vitest";
import { groupedNumber, humanSize } from "./sizes.js";

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [1024 * 1024 - 1, "1.0 MiB"],
  [512 * 1024 * 1024, "512.0 MiB"],
  [3 * 2 ** 40, "3.0 TiB"],
])("%i bytes are %s", (bytes, shown) => {
  expect(humanSize(bytes)).toBe(shown);
});

test.each([0, 7, 999, 1000, 12_345, 123_456, 1_234_567, Number.MAX_SAFE_INTEGER])(
  "%i is grouped as in English",
  (number) => {
    expect(groupedNumber(number)).toBe(number.toLocaleString("en"));
  },
);
