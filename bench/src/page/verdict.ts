import { digits, figure, megabytes, ratio } from "./figures.js";
import type { Goal, RowResult } from "./result.js";

/** What came of one goal of a row. */
export interface Verdict {
  /** `≤ 0.7 × Go` */
  readonly goal: string;
  /** `0.63 ×` */
  readonly figure: string;
  /** Undefined when it was not measured, since something was not there. */
  readonly isMet: boolean | undefined;
  /** The goal is 1 and more is worse, for whatever goal it is. Undefined as above. */
  readonly share: number | undefined;
}

export function verdictsOf(row: RowResult): readonly Verdict[] {
  return row.goals.map((goal) => verdictOf(row, goal));
}

/** Undefined when none of its goals could be measured. */
export function isMissed(row: RowResult): boolean | undefined {
  const known = verdictsOf(row).flatMap(({ isMet }) => isMet ?? []);
  return known.length === 0 ? undefined : known.includes(false);
}

function verdictOf(row: RowResult, goal: Goal): Verdict {
  const [bound, limit] = "atMost" in goal ? (["≤", goal.atMost] as const) : (["≥", goal.atLeast] as const);
  const measured = measuredBy(row, goal);
  const share =
    measured === undefined || !Number.isFinite(measured)
      ? undefined
      : bound === "≤"
        ? measured / limit
        : limit / measured;
  return {
    goal: `${bound} ${goalText(row, goal, limit)}`,
    figure: measured === undefined ? "" : figureText(row, goal, measured),
    isMet: share === undefined ? undefined : share <= 1,
    share,
  };
}

function measuredBy({ cases }: RowResult, goal: Goal): number | undefined {
  const [own] = cases;
  switch (goal.kind) {
    case "ratio": {
      const other = cases.find(({ name }) => name === goal.to);
      return own === undefined || other === undefined ? undefined : own.value / other.value;
    }
    case "value":
      return own?.value;
    case "memory":
      return own?.peakBytes;
  }
}

function goalText({ unit }: RowResult, goal: Goal, limit: number): string {
  switch (goal.kind) {
    case "ratio":
      return `${String(limit)} × ${goal.to}`;
    case "value":
      return `${digits(limit).replace(/\.0+$/u, "")} ${unit}`.replace(" /s", "/s");
    case "memory":
      return megabytes(limit);
  }
}

function figureText({ unit }: RowResult, goal: Goal, measured: number): string {
  switch (goal.kind) {
    case "ratio":
      return ratio(measured);
    case "value":
      return figure(measured, unit);
    case "memory":
      return megabytes(measured);
  }
}
