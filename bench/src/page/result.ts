/** What one run of the bench measured: all that its page is made of. It lies beside the page as JSON. */
export interface BenchResult {
  readonly machine: Machine;
  /** Day of the run: `2026-11-27`. */
  readonly date: string;
  /** How often each row was measured, at least. */
  readonly runs: number;
  /** Measured with small corpora: good for trying the bench out, not for its figures. */
  readonly quick: boolean;
  /** The corpora in words, by name. */
  readonly corpora: Readonly<Record<string, string>>;
  readonly rows: readonly RowResult[];
  readonly growth: readonly GrowthResult[];
}

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** The programs compared with, each with its version. */
  readonly references: Readonly<Record<string, string>>;
  /** What the files were kept on. */
  readonly files: string;
}

export type Unit = "s" | "ms" | "µs" | "ns" | "/s";

/** What a row is to reach. Ratios are ours to the other's. */
export type Goal =
  | { readonly kind: "ratio"; readonly to: string; readonly atMost: number }
  | { readonly kind: "ratio"; readonly to: string; readonly atLeast: number }
  | { readonly kind: "value"; readonly atMost: number }
  | { readonly kind: "value"; readonly atLeast: number }
  | { readonly kind: "memory"; readonly atMost: number };

export interface RowResult {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly goals: readonly Goal[];
  /** The first one is ours. */
  readonly cases: readonly CaseResult[];
}

export interface CaseResult {
  readonly name: string;
  /** Median, in the unit of the row. */
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly runs: number;
  /** Medians of the largest process's resident memory, and of all processor time. Absent where nobody can tell. */
  readonly peakBytes?: number;
  readonly cpuSeconds?: number;
}

export interface GrowthResult {
  readonly name: string;
  readonly title: string;
  /** What grows. */
  readonly axis: "files" | "bytes" | "readers" | "milliseconds";
  readonly unit: Unit;
  readonly series: readonly GrowthSeries[];
}

export interface GrowthSeries {
  readonly name: string;
  readonly points: readonly GrowthPoint[];
}

export interface GrowthPoint {
  readonly at: number;
  readonly value: number;
  readonly peakBytes?: number;
  readonly requests?: number;
}

export const ours = "blob";
