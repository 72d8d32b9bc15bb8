import type { KeptFigures } from "./chunk-figures.js";
import { keptTable } from "./chunk-figures.js";
import { goalDrawing } from "./goal-drawing.js";
import { growthDrawing } from "./growth-drawing.js";
import type { BenchResult } from "./result.js";
import { goalTable, growthTable, machineText, missedList, programTable } from "./result-tables.js";

export interface PageInput {
  /** Markdown, with a comment for each part that comes from figures: `<!-- goals -->`. */
  readonly template: string;
  readonly result: BenchResult;
  /** Where the rest of the time is, by the name of a row: shown when the row misses a goal. */
  readonly notes: Readonly<Record<string, string>>;
  readonly chunks: KeptFigures;
}

/** `docs/performance.md`: the same for the same input. Throws for a part that nobody knows. */
export function pageOf({ template, result, notes, chunks }: PageInput): string {
  const parts = new Map<string, string>([
    ["machine", machineText(result)],
    ["goals", goalTable(result.rows)],
    ["missed", missedList(result.rows, notes)],
    ["programs", programTable(result.rows)],
    ["growth", growthText(result)],
    ...Object.entries(chunks).map(([name, kept]) => [`chunks ${name}`, keptTable(kept)] as const),
  ]);
  return template.replaceAll(/<!-- (?<name>[a-z ]+) -->/gu, (_, name: string) => {
    const part = parts.get(name);
    if (part === undefined) throw new Error(`the page has no part "${name}"`);
    return part;
  });
}

/** The drawings of a run, by the name of their file. */
export function drawingsOf({ rows, growth }: BenchResult): ReadonlyMap<string, string> {
  return new Map([
    ["goals.svg", goalDrawing(rows)],
    ...growth.map((one) => [`${one.name}.svg`, growthDrawing(one)] as const),
  ]);
}

function growthText({ growth }: BenchResult): string {
  return growth
    .map((one) => {
      const heading = `${one.title[0]?.toUpperCase() ?? ""}${one.title.slice(1)}`;
      return [`### ${heading}`, growthTable(one), `![${heading}](performance/${one.name}.svg)`].join("\n\n");
    })
    .join("\n\n");
}
