import { markdownTable } from "./markdown-table.js";

/** Figures about chunks that were kept: tables by name. */
export type KeptFigures = Readonly<Record<string, KeptTable>>;

export interface KeptTable {
  /** What the rows are of. */
  readonly of: string;
  readonly columns: readonly { readonly title: string; readonly unit: string; readonly digits: number }[];
  readonly rows: readonly { readonly name: string; readonly values: readonly number[] }[];
}

export function keptTable({ of, columns, rows }: KeptTable): string {
  return markdownTable(
    [of, ...columns.map(({ title }) => title)],
    rows.map(({ name, values }) => [
      name,
      ...columns.map(({ unit, digits }, at) => `${values[at]?.toFixed(digits) ?? ""} ${unit}`.trimEnd()),
    ]),
  );
}
