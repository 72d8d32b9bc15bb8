import { describe, expect, it } from "vitest";
import type { Goal, RowResult, Unit } from "./result.js";
import { isMissed, verdictsOf } from "./verdict.js";

function row(goals: readonly Goal[], values: Readonly<Record<string, number>>, unit: Unit = "s"): RowResult {
  const cases = Object.entries(values).map(([name, value]) => ({
    name,
    value,
    least: value,
    most: value,
    runs: 1,
    peakBytes: 100e6,
  }));
  return { name: "row", title: "work", unit, goals, cases };
}

describe("the verdict about a goal", () => {
  it("compares ours with another program's", () => {
    const goal = { kind: "ratio", to: "Go", atMost: 0.5 } as const;
    expect(verdictsOf(row([goal], { blob: 1, Go: 4 }))).toEqual([
      { goal: "≤ 0.5 × Go", figure: "0.25 ×", isMet: true, share: 0.5 },
    ]);
    expect(isMissed(row([goal], { blob: 3, Go: 4 }))).toBe(true);
  });

  it("takes more as better where it is asked for at least so much", () => {
    const goal = { kind: "value", atLeast: 14 } as const;
    expect(verdictsOf(row([goal], { blob: 7 }, "/s"))).toEqual([
      { goal: "≥ 14/s", figure: "7.00/s", isMet: false, share: 2 },
    ]);
    expect(isMissed(row([goal], { blob: 14 }, "/s"))).toBe(false);
  });

  it("is about memory, too", () => {
    const [verdict] = verdictsOf(row([{ kind: "memory", atMost: 200e6 }], { blob: 1 }));
    expect(verdict).toMatchObject({ goal: "≤ 200 MB", figure: "100 MB", isMet: true });
  });

  it("is none, and not met, where the other program was not there", () => {
    const goals = [{ kind: "ratio", to: "Go", atMost: 0.5 }] as const;
    expect(verdictsOf(row(goals, { blob: 1 }))[0]).toMatchObject({ isMet: undefined, figure: "" });
    expect(isMissed(row(goals, { blob: 1 }))).toBeUndefined();
  });

  it("misses a row of which one of several goals is missed", () => {
    const goals = [
      { kind: "value", atMost: 10 },
      { kind: "memory", atMost: 1e6 },
    ] as const;
    expect(isMissed(row(goals, { blob: 1 }))).toBe(true);
  });
});
