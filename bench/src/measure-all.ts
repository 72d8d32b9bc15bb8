import type { Growth } from "./growth/growth.js";
import { measureGrowth } from "./growth/growth.js";
import { alternate } from "./harness/alternate.js";
import type { BenchOptions } from "./harness/bench.js";
import { createBench } from "./harness/bench.js";
import { machineOf } from "./harness/machine.js";
import type { BenchResult, GrowthResult, RowResult } from "./page/result.js";
import { figure, megabytes, ratio } from "./page/figures.js";
import { verdictsOf } from "./page/verdict.js";
import type { Row } from "./rows/row.js";

export interface Selection {
  readonly rows: readonly Row[];
  readonly growths: readonly Growth[];
}

/** One run of the bench: everything that was selected, in order. Tells what it finds as soon as it has it. */
export async function measureAll(
  options: BenchOptions,
  selection: Selection,
  say: (line: string) => void,
): Promise<BenchResult> {
  const bench = createBench(options);
  const rows: RowResult[] = [];
  const growth: GrowthResult[] = [];
  for (const { name, title, unit, goals, repeat = 1, cases } of selection.rows) {
    const measured = await alternate(
      options.workspace,
      await cases(bench),
      Math.max(1, options.runs * repeat),
    );
    const row: RowResult = { name, title, unit, goals, cases: measured };
    rows.push(row);
    say(rowText(row));
  }
  for (const one of selection.growths) growth.push(await measureGrowth(one, bench, say));
  return {
    machine: machineOf(options),
    date: new Date().toISOString().slice(0, "2026-11-27".length),
    runs: options.runs,
    quick: options.quick,
    corpora: Object.fromEntries(Object.entries(bench.corpora).map(([name, { words }]) => [name, words])),
    rows,
    growth,
  };
}

/** As it is told while the bench goes on. */
function rowText(row: RowResult): string {
  const { name, unit, cases } = row;
  const programs = cases.map((one, at) => {
    const columns = [
      at === 0 ? name.padEnd(20) : "".padEnd(20),
      one.name.padEnd(20),
      figure(one.value, unit).padStart(10),
      megabytes(one.peakBytes).padStart(8),
      (one.cpuSeconds === undefined ? "" : `${one.cpuSeconds.toFixed(2)} s`).padStart(9),
      at === 0 ? "" : ratio((cases[0]?.value ?? Number.NaN) / one.value).padStart(8),
    ];
    return columns.join(" ").trimEnd();
  });
  const goals = verdictsOf(row).map(({ goal, figure: reached, isMet }) => {
    const verdict = isMet === undefined ? "not measured" : isMet ? "met" : "MISSED";
    return `${"".padEnd(20)} goal ${goal}: ${reached} ${verdict}`.trimEnd();
  });
  return [...programs, ...goals].join("\n");
}
