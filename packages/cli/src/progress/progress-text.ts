import { humanSize } from "../output/sizes.js";
import type { MeasuredProgress } from "./progress-state.js";
import { stageName } from "./progress-state.js";

const barWidths = [30, 20, 10] as const;

/**
 * One line for a terminal of so many columns. What matters less is left out first, where there is no room: time left,
 * rate, files, the bar itself.
 */
export function barLine(state: MeasuredProgress, columns: number): string {
  // The last column stays free: some terminals wrap when it is written to.
  const room = Math.max(0, columns - 1);
  const { head, amount, files, rate, left } = partsOf(state);
  const details = [amount, files, rate, left].filter((part) => part !== "");
  for (let kept = details.length; kept >= 1; kept -= 1) {
    for (const width of kept > 1 || details.length === 1 ? barWidths : [10, 0]) {
      const line = [head, bar(state, width), ...details.slice(0, kept)]
        .filter((part) => part !== "")
        .join("  ");
      if (line.length <= room) return line;
    }
  }
  return `${head}  ${amount}`.slice(0, room);
}

/** One line for a log. */
export function plainLine(state: MeasuredProgress): string {
  const { head, amount, files, rate, left } = partsOf(state);
  return `${head}: ${[amount, files, rate, left].filter((part) => part !== "").join(", ")}`;
}

/** What a command comes to: how long it took, and the rate of the stage that had the most bytes. */
export function finalLine(elapsedMs: number, bytes: number): string {
  const seconds = elapsedMs / 1000;
  const time = seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds);
  return bytes === 0
    ? `Took ${time}`
    : `Took ${time}: ${humanSize(bytes)}, ${humanSize(Math.round(bytes / seconds))}/s`;
}

interface Parts {
  readonly head: string;
  readonly amount: string;
  readonly files: string;
  readonly rate: string;
  readonly left: string;
}

function partsOf(state: MeasuredProgress): Parts {
  const { stage, bytesDone, bytesTotal, filesDone, filesTotal, rate, secondsLeft } = state;
  const known = bytesTotal > 0;
  return {
    head: known ? `${stageName(stage)} ${percent(state)}` : stageName(stage),
    amount: known ? `${humanSize(bytesDone)}/${humanSize(bytesTotal)}` : humanSize(bytesDone),
    files:
      filesDone === undefined
        ? ""
        : `${filesTotal === undefined || filesTotal === 0 ? String(filesDone) : `${String(filesDone)}/${String(filesTotal)}`} files`,
    rate: rate === undefined ? "" : `${humanSize(Math.round(rate))}/s`,
    left: secondsLeft === undefined ? "" : `${clock(secondsLeft)} left`,
  };
}

function percent({ bytesDone, bytesTotal }: MeasuredProgress): string {
  return `${String(Math.min(100, Math.floor((bytesDone / bytesTotal) * 100))).padStart(3)}%`;
}

function bar({ bytesDone, bytesTotal }: MeasuredProgress, width: number): string {
  if (bytesTotal === 0 || width === 0) return "";
  const filled = Math.min(width, Math.floor((bytesDone / bytesTotal) * width));
  const tip = filled < width ? ">" : "";
  return `[${"=".repeat(filled)}${tip}${" ".repeat(width - filled - tip.length)}]`;
}

/** `0:07`, `12:34`, `3:00:00`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole >= 360_000) return "long";
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const rest = String(whole % 60).padStart(2, "0");
  return hours === 0
    ? `${String(minutes)}:${rest}`
    : `${String(hours)}:${String(minutes).padStart(2, "0")}:${rest}`;
}
