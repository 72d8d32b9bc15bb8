import { axisLabel, digits, figure, megabytes, ratio } from "./figures.js";
import { markdownTable } from "./markdown-table.js";
import type { BenchResult, GrowthResult, RowResult } from "./result.js";
import { isMissed, verdictsOf } from "./verdict.js";

/** Each goal with what was reached. */
export function goalTable(rows: readonly RowResult[]): string {
  return markdownTable(
    ["work", "blob", "goal", "reached", ""],
    rows.flatMap((row) =>
      verdictsOf(row).map(({ goal, figure: reached, isMet }, at) => [
        at === 0 ? row.title : "",
        at === 0 ? ownFigure(row) : "",
        goal,
        reached,
        isMet === undefined ? "not measured" : isMet ? "met" : "**missed**",
      ]),
    ),
    [0, 2, 4],
  );
}

/** Every program of every row. */
export function programTable(rows: readonly RowResult[]): string {
  return markdownTable(
    ["work", "program", "median", "least", "most", "processor", "memory", "blob ÷ it"],
    rows.flatMap(({ title, unit, cases }) =>
      cases.map((one, at) => [
        at === 0 ? title : "",
        one.name,
        figure(one.value, unit),
        digits(one.least),
        digits(one.most),
        one.cpuSeconds === undefined ? "" : `${one.cpuSeconds.toFixed(2)} s`,
        megabytes(one.peakBytes),
        at === 0 ? "" : ratio((cases[0]?.value ?? Number.NaN) / one.value),
      ]),
    ),
    [0, 1],
  );
}

export function growthTable({ axis, unit, series }: GrowthResult): string {
  const steps = [...new Set(series.flatMap(({ points }) => points.map(({ at }) => at)))].toSorted(
    (a, b) => a - b,
  );
  return markdownTable(
    [axis, ...series.map(({ name }) => name)],
    steps.map((step) => [
      axisLabel(step, axis),
      ...series.map(({ points }) => {
        const point = points.find(({ at }) => at === step);
        if (point === undefined) return "";
        const more = [
          ...(point.requests === undefined
            ? []
            : [`${String(point.requests)} ${point.requests === 1 ? "request" : "requests"}`]),
          ...(point.peakBytes === undefined || point.requests !== undefined
            ? []
            : [megabytes(point.peakBytes)]),
        ];
        return [figure(point.value, unit), ...more].join(", ");
      }),
    ]),
  );
}

/** A sentence for each row that misses a goal, and for none else. */
export function missedList(rows: readonly RowResult[], notes: Readonly<Record<string, string>>): string {
  const missed = rows.filter((row) => isMissed(row) === true);
  if (missed.length === 0) return "All goals that were measured are met.";
  return missed
    .map(({ name, title }) => `- **${title}**: ${notes[name] ?? "not looked into yet."}`)
    .join("\n");
}

export function machineText({ machine, date, runs, quick, corpora }: BenchResult): string {
  const references = Object.entries(machine.references).map(([name, version]) => `${name} (${version})`);
  const lines = [
    `- Machine: ${String(machine.cores)} cores (${machine.processor}), ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB, ` +
      `${machine.system}, Node ${machine.node}; files in ${machine.files}. Measured on ${date}.`,
    ...(references.length === 0 ? [] : [`- Compared with: ${references.join("; ")}.`]),
    ...(quick ? ["- **Small corpora**: this run tried the bench out, and its figures mean little."] : []),
    `- Medians of ${runs === 1 ? "1 run" : `${String(runs)} runs`} or more, of growth of up to 3, and of stalls of 1.`,
    ...Object.entries(corpora).map(([name, words]) => `- Corpus **${name}**: ${words}.`),
  ];
  return lines.join("\n");
}

function ownFigure({ cases, unit }: RowResult): string {
  return cases[0] === undefined ? "" : figure(cases[0].value, unit);
}
