import type { Writable } from "node:stream";
import { jsonLine } from "../output/json-text.js";
import type { ProgressState } from "./progress-state.js";
import { barLine, finalLine, plainLine } from "./progress-text.js";
import { createRateMeter } from "./rate-meter.js";

/** How progress is shown: a line that changes, lines now and then, a JSON document a line, or not at all. */
export type ProgressStyle = "bar" | "plain" | "json" | "none";

export interface ProgressReporterOptions {
  readonly stderr: Writable & { readonly columns?: number };
  readonly style: ProgressStyle;
  /** Milliseconds since any moment. */
  readonly now: () => number;
}

export interface ProgressReporter {
  /** Cheap enough to be called for every chunk. */
  update(state: ProgressState): void;
  /** Takes the bar off the terminal, so that something else can be written; the next update draws it again. */
  clear(): void;
  /** After success: says how long it took, and at what rate, when people had to wait. */
  finish(): void;
}

/** More often than ten times a second nobody can read it. */
const barEveryMs = 100;
const jsonEveryMs = 250;
/** A short command leaves no lines in a log. */
const plainAfterMs = 5000;
const plainEveryMs = 10_000;
/** Who waited less does not ask how long it took; in a log, where nothing was said so far, nothing is. */
const finalAfterMs = { bar: 2000, plain: plainAfterMs } as const;

const eraseLine = "\r\u001b[K";

export function createProgressReporter({ stderr, style, now }: ProgressReporterOptions): ProgressReporter {
  const meter = createRateMeter();
  let drawn = "";
  let stage = "";
  const startedAt = now();
  let mostBytes = 0;
  let nextAt = startedAt + (style === "plain" ? plainAfterMs : 0);
  const write = (state: ProgressState, at: number): void => {
    const measured = meter.measure(state, at);
    if (style === "json") {
      const { bytesDone, bytesTotal, filesDone, filesTotal, rate, secondsLeft } = measured;
      const progress = {
        stage: state.stage,
        bytes_done: bytesDone,
        bytes_total: bytesTotal,
        files_done: filesDone,
        files_total: filesTotal,
        bytes_per_second: rate === undefined ? undefined : Math.round(rate),
        seconds_left: secondsLeft === undefined ? undefined : Math.ceil(secondsLeft),
      };
      stderr.write(jsonLine({ progress }));
    } else if (style === "plain") {
      stderr.write(`${plainLine(measured)}\n`);
    } else {
      const line = barLine(measured, stderr.columns ?? 80);
      // Overwritten in place, and only its rest erased: erasing it first would flicker.
      if (line !== drawn) stderr.write(`\r${line}\u001b[K`);
      drawn = line;
    }
  };
  return {
    update(state) {
      if (style === "none") return;
      mostBytes = Math.max(mostBytes, state.bytesDone);
      const at = now();
      const finished = state.bytesTotal > 0 && state.bytesDone === state.bytesTotal;
      // Programs want to see each stage begin and end; people do not mind.
      const due = at >= nextAt || (style === "json" && (state.stage !== stage || finished));
      if (!due) {
        meter.measure(state, at);
        return;
      }
      stage = state.stage;
      nextAt = at + { bar: barEveryMs, plain: plainEveryMs, json: jsonEveryMs }[style];
      write(state, at);
    },
    clear() {
      if (drawn !== "") stderr.write(eraseLine);
      drawn = "";
    },
    finish() {
      const elapsed = now() - startedAt;
      if ((style !== "bar" && style !== "plain") || elapsed < finalAfterMs[style]) return;
      this.clear();
      stderr.write(`${finalLine(elapsed, mostBytes)}\n`);
    },
  };
}
