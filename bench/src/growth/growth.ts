import type { Case } from "../harness/alternate.js";
import { alternate } from "../harness/alternate.js";
import type { Bench } from "../harness/bench.js";
import { figure } from "../page/figures.js";
import type { GrowthPoint, GrowthResult } from "../page/result.js";

/** How the cost of some work grows with one thing. */
export interface Growth extends Pick<GrowthResult, "name" | "title" | "axis" | "unit"> {
  /** The smallest first. */
  readonly at: (bench: Bench) => readonly number[];
  /** What is measured there, and what else has to be made and thrown away for it. */
  readonly step: (bench: Bench, at: number) => Promise<GrowthStep>;
}

export interface GrowthStep {
  readonly cases: readonly Case[];
  /** Default 1, of the bench's runs. */
  readonly repeat?: number;
  /** Requests of one run of the case of this name, counted after all runs. */
  readonly requests?: (name: string) => number | undefined;
  readonly close?: () => Promise<void>;
}

/** Fewer than of a row: a curve of medians of three is smooth enough to see how it bends. */
const most = 3;

export async function measureGrowth(
  growth: Growth,
  bench: Bench,
  say: (line: string) => void,
): Promise<GrowthResult> {
  const series = new Map<string, GrowthPoint[]>();
  for (const at of growth.at(bench)) {
    const step = await growth.step(bench, at);
    const runs = Math.max(1, Math.round(Math.min(most, bench.runs) * (step.repeat ?? 1)));
    for (const { name, value, peakBytes } of await alternate(bench.workspace, step.cases, runs)) {
      const requests = step.requests?.(name);
      const point: GrowthPoint = {
        at,
        value,
        ...(peakBytes === undefined ? {} : { peakBytes }),
        ...(requests === undefined ? {} : { requests }),
      };
      series.set(name, [...(series.get(name) ?? []), point]);
      say(
        `${growth.name} ${String(at)}: ${name} ${figure(value, growth.unit)}${requests === undefined ? "" : `, ${String(requests)} requests`}`,
      );
    }
    await step.close?.();
  }
  const { name, title, axis, unit } = growth;
  return { name, title, axis, unit, series: [...series].map(([of, points]) => ({ name: of, points })) };
}
