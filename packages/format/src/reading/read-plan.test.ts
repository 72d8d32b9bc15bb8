import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Entry } from "../entry.js";
import { planReads } from "./read-plan.js";

function entry(dataOffset: number, storedSize: number, path = `${dataOffset}+${storedSize}`): Entry {
  const facts = { mode: 0, uid: 0, gid: 0, mtimeNs: 0n, compression: "none" } as const;
  return { path, size: storedSize, storedSize, dataOffset, hash: new Uint8Array(32), ...facts };
}

function plan(entries: Entry[], maxGapBytes: number, maxRangeBytes: number): string[] {
  return planReads(entries, { maxGapBytes, maxRangeBytes }).map(
    ({ offset, length, entries: inside }) =>
      `${offset}+${length}: ${inside.map(({ path }) => path).join(" ")}`,
  );
}

describe("a plan", () => {
  test("fetches neighbours together, in the order of their bytes", () => {
    expect(plan([entry(10, 5), entry(0, 10), entry(15, 1)], 0, 100)).toEqual(["0+16: 0+10 10+5 15+1"]);
  });
  test("bridges small gaps and leaves large ones", () => {
    expect(plan([entry(0, 10), entry(12, 3), entry(20, 1)], 2, 100)).toEqual([
      "0+15: 0+10 12+3",
      "20+1: 20+1",
    ]);
  });
  test("does not grow beyond the limit", () => {
    expect(plan([entry(0, 10), entry(10, 10), entry(20, 10)], 0, 20)).toEqual([
      "0+20: 0+10 10+10",
      "20+10: 20+10",
    ]);
  });
  test("gives a file above the limit a range of its own", () => {
    expect(plan([entry(0, 5), entry(5, 50), entry(55, 5)], 0, 20)).toEqual([
      "0+5: 0+5",
      "5+50: 5+50",
      "55+5: 55+5",
    ]);
  });
  test("fetches shared and overlapping bytes once", () => {
    expect(plan([entry(0, 10, "a"), entry(0, 10, "b"), entry(5, 3, "c"), entry(5, 9, "d")], 0, 20)).toEqual([
      "0+14: a b c d",
    ]);
  });
  test("asks for no bytes for files that have none", () => {
    expect(plan([entry(7, 0), entry(0, 3), entry(3, 0)], 0, 20)).toEqual(["0+0: 7+0 3+0", "0+3: 0+3"]);
  });
  test("of nothing is empty", () => expect(plan([], 0, 20)).toEqual([]));
  test("refuses what cannot be read, and limits that make no sense", () => {
    const unknown = { ...entry(0, 1), compression: "unknown" } as const;
    expect(() => plan([unknown], 0, 1)).toThrow(expect.objectContaining({ code: "Unsupported" }));
    for (const limit of [-1, 0.5, Number.NaN]) {
      expect(() => plan([], limit, 1)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
      expect(() => plan([], 1, limit)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
    }
  });

  test("has every file in exactly one range, within the limits, whatever there is", () => {
    const files = fc.array(fc.tuple(fc.nat(500), fc.nat(60)), { maxLength: 40 });
    fc.assert(
      fc.property(
        files,
        fc.nat(30),
        fc.integer({ min: 1, max: 200 }),
        (ranges, maxGapBytes, maxRangeBytes) => {
          const entries = ranges.map(([offset, size], i) => entry(offset, size, `file ${i}`));
          const planned = planReads(entries, { maxGapBytes, maxRangeBytes });
          const covered = planned.flatMap((range) => range.entries);
          expect(covered.map(({ path }) => path).toSorted()).toEqual(
            entries.map(({ path }) => path).toSorted(),
          );
          for (const { offset, length, entries: inside } of planned) {
            for (const { dataOffset, storedSize } of inside.filter((each) => each.storedSize > 0)) {
              expect(dataOffset).toBeGreaterThanOrEqual(offset);
              expect(dataOffset + storedSize).toBeLessThanOrEqual(offset + length);
            }
            const largest = Math.max(...inside.map(({ storedSize }) => storedSize));
            expect(length).toBeLessThanOrEqual(Math.max(maxRangeBytes, largest));
          }
        },
      ),
    );
  });

  test("fetches no wanted byte twice, where files do not overlap", () => {
    const sizes = fc.array(fc.tuple(fc.nat(40), fc.nat(60)), { maxLength: 40 });
    fc.assert(
      fc.property(
        sizes,
        fc.nat(30),
        fc.integer({ min: 1, max: 200 }),
        (pieces, maxGapBytes, maxRangeBytes) => {
          let at = 0;
          const entries = pieces.map(([gap, size]) => {
            at += gap + size;
            return entry(at - size, size);
          });
          let end = 0;
          for (const { offset, length } of planReads(entries, { maxGapBytes, maxRangeBytes })) {
            if (length === 0) continue;
            expect(offset).toBeGreaterThanOrEqual(end);
            end = offset + length;
          }
        },
      ),
    );
  });
});
