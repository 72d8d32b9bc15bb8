import { describe, expect, it } from "vitest";
import { median } from "./median.js";

describe("median", () => {
  it("is the one in the middle, whatever the order", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 9, 100])).toBe(10);
  });

  it("is between the two in the middle of an even count", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it("is no number when there is none", () => {
    expect(median([])).toBeNaN();
  });
});
