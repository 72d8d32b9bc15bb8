import { rm } from "node:fs/promises";
import { median } from "../median.js";
import type { CaseResult } from "../page/result.js";
import type { Workspace } from "./workspace.js";

/** One run of one case. */
export interface Run {
  /** Its own, empty; removed after the run. */
  readonly directory: string;
  /** Never the same twice, and fit for the name of a repository. */
  readonly id: string;
}

export interface Sample {
  readonly value: number;
  readonly peakBytes?: number | undefined;
  readonly cpuSeconds?: number | undefined;
}

/** One way to do a row's work. */
export interface Case {
  readonly name: string;
  /** What a run needs to be there, not measured. */
  readonly prepare?: (run: Run) => Promise<unknown>;
  readonly measure: (run: Run) => Promise<Sample>;
}

let count = 0;

/**
 * Medians of so many runs of each case. One run of every case comes before the second one of any, and every other round goes
 * backwards: what else the machine does, and what a case leaves behind, is everybody's. A case that fails is left out from then
 * on, which is told; ours, the first, must not fail.
 */
export async function alternate(
  workspace: Workspace,
  cases: readonly Case[],
  runs: number,
  say: (line: string) => void = console.log,
): Promise<readonly CaseResult[]> {
  const samples = new Map<Case, Sample[]>(cases.map((one) => [one, []]));
  for (let round = 0; round < runs; round += 1) {
    for (const one of round % 2 === 0 ? cases : cases.toReversed()) {
      const taken = samples.get(one);
      if (taken === undefined) continue;
      count += 1;
      const directory = await workspace.makeDirectory("run");
      const run = { directory, id: `run-${String(count)}` };
      try {
        await one.prepare?.(run);
        taken.push(await one.measure(run));
      } catch (error) {
        if (one === cases[0] || workspace.isInterrupted()) throw error;
        samples.delete(one);
        say(`${one.name} is left out: ${error instanceof Error ? error.message : String(error)}`);
      }
      await rm(directory, { recursive: true, force: true });
    }
  }
  return [...samples].map(([{ name }, taken]) => resultOf(name, taken));
}

function resultOf(name: string, samples: readonly Sample[]): CaseResult {
  const values = samples.map(({ value }) => value);
  const peaks = samples.flatMap(({ peakBytes }) => peakBytes ?? []);
  const cpu = samples.flatMap(({ cpuSeconds }) => cpuSeconds ?? []);
  return {
    name,
    value: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    runs: values.length,
    ...(peaks.length > 0 ? { peakBytes: median(peaks) } : {}),
    ...(cpu.length > 0 ? { cpuSeconds: median(cpu) } : {}),
  };
}
