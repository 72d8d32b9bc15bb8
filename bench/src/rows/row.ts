import type { Case } from "../harness/alternate.js";
import type { Bench } from "../harness/bench.js";
import { goName } from "../harness/bench.js";
import type { Goal, Unit } from "../page/result.js";

/** One line of the table: some work, what it is to take, and ways to do it, ours first. */
export interface Row {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly goals: readonly Goal[];
  /** Each case is measured so many times more often: what is short is cheap to repeat. Default 1; 0 is once. */
  readonly repeat?: number;
  readonly cases: (bench: Bench) => Promise<readonly Case[]>;
}

export function ofGo(atMost: number): Goal {
  return { kind: "ratio", to: goName, atMost };
}

export function memory(megabytes: number): Goal {
  return { kind: "memory", atMost: megabytes * 1e6 };
}
