import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { linear, logarithmic } from "./scale.js";

const area = { from: 0, to: 100 };
const values = fc.array(fc.double({ min: 1e-4, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 12 });

describe.each([
  ["logarithmic", logarithmic],
  ["linear", linear],
])("a %s scale", (_, scale) => {
  it("draws every value within the area, in order, and no tick outside of it", () => {
    fc.assert(
      fc.property(values, (all) => {
        const { at, ticks } = scale(all, area);
        const places = all.toSorted((a, b) => a - b).map(at);
        for (const place of [...places, ...ticks.map(at)]) {
          expect(place).toBeGreaterThanOrEqual(-1e-6);
          expect(place).toBeLessThanOrEqual(100 + 1e-6);
        }
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        expect(ticks.length).toBeGreaterThan(1);
      }),
    );
  });
});

describe("scales", () => {
  it("give the same factor the same length, or the same difference", () => {
    const log = logarithmic([1, 1000], area);
    expect(log.at(10) - log.at(1)).toBeCloseTo(log.at(1000) - log.at(100));
    const even = linear([10], area);
    expect(even.at(0)).toBe(0);
    expect(even.at(2) - even.at(1)).toBeCloseTo(even.at(9) - even.at(8));
  });
});
