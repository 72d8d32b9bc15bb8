import { Writable } from "node:stream";
import { expect, test } from "vitest";
import type { ProgressStyle } from "./progress-reporter.js";
import { createProgressReporter } from "./progress-reporter.js";
import { progressStyle } from "./progress-style.js";
import { barLine } from "./progress-text.js";
import { createRateMeter } from "./rate-meter.js";

const mebibyte = 2 ** 20;
const state = { stage: "pushing-data", bytesDone: 25 * mebibyte, bytesTotal: 100 * mebibyte };
const measured = { ...state, filesDone: 3, filesTotal: 12, rate: 5 * mebibyte, secondsLeft: 15 };

test.each([
  [100, "Pushing  25%  [=====>              ]  25.0 MiB/100.0 MiB  3/12 files  5.0 MiB/s  0:15 left"],
  [80, "Pushing  25%  [=====>              ]  25.0 MiB/100.0 MiB  3/12 files  5.0 MiB/s"],
  [60, "Pushing  25%  [==>       ]  25.0 MiB/100.0 MiB  3/12 files"],
  [40, "Pushing  25%  25.0 MiB/100.0 MiB"],
  [12, "Pushing  25"],
  [1, ""],
])("a terminal of %i columns", (columns, line) => {
  expect(barLine(measured, columns)).toBe(line);
});

test("no width makes a line that wraps", () => {
  for (let columns = 0; columns <= 200; columns += 1) {
    expect(barLine(measured, columns).length).toBeLessThanOrEqual(Math.max(0, columns - 1));
  }
});

test("a rate is that of the past seconds, and starts again with a stage or a retry", () => {
  const meter = createRateMeter();
  const at = (seconds: number, bytesDone: number, stage = "a"): number | undefined =>
    meter.measure({ stage, bytesDone, bytesTotal: 10_000 }, seconds * 1000).rate;
  expect(at(0, 0)).toBeUndefined();
  expect(at(1, 1000)).toBe(1000);
  for (let second = 2; second <= 10; second += 1) at(second, 1000 + (second - 1) * 100);
  expect(at(11, 2000)).toBeCloseTo(100, 5);
  expect(meter.measure({ stage: "a", bytesDone: 2100, bytesTotal: 10_000 }, 12_000).secondsLeft).toBeCloseTo(
    79,
    5,
  );
  expect(at(13, 0)).toBeUndefined();
  expect(at(14, 500)).toBe(500);
  expect(at(15, 600, "b")).toBeUndefined();
});

function reporter(style: ProgressStyle): {
  readonly update: (ms: number, bytesDone: number) => void;
  readonly clear: () => void;
  readonly finish: (ms: number) => void;
  readonly written: () => string;
} {
  let now = 0;
  let written = "";
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  const progress = createProgressReporter({
    stderr: Object.assign(stderr, { columns: 40 }),
    style,
    now: () => now,
  });
  return {
    update: (ms, bytesDone) => {
      now = ms;
      progress.update({ ...state, bytesDone });
    },
    clear: () => progress.clear(),
    finish: (ms) => {
      now = ms;
      progress.finish();
    },
    written: () => {
      const text = written;
      written = "";
      return text;
    },
  };
}

test("a bar is drawn in place, not too often, and cleaned up once", () => {
  const { update, clear, written } = reporter("bar");
  update(0, 0);
  expect(written()).toBe("\rPushing   0%  0 B/100.0 MiB\u001b[K");
  update(50, mebibyte);
  expect(written()).toBe("");
  update(100, 10 * mebibyte);
  expect(written()).toBe("\rPushing  10%  10.0 MiB/100.0 MiB\u001b[K");
  clear();
  clear();
  expect(written()).toBe("\r\u001b[K");
  update(200, 10 * mebibyte);
  expect(written()).toContain("Pushing  10%");
});

test("a log gets a line now and then, and none for what is quick", () => {
  const { update, written } = reporter("plain");
  for (let ms = 0; ms < 5000; ms += 100) update(ms, ms * 1000);
  expect(written()).toBe("");
  update(5000, 50 * mebibyte);
  expect(written()).toMatch(/^Pushing {2}50%: 50\.0 MiB\/100\.0 MiB, .*\/s, .* left\n$/u);
  update(14_000, 60 * mebibyte);
  expect(written()).toBe("");
  update(15_000, 60 * mebibyte);
  expect(written()).toMatch(/^Pushing/u);
});

test("at the end people who waited read how long it took, and how fast it was", () => {
  const bar = reporter("bar");
  bar.update(0, 50 * mebibyte);
  bar.update(2000, 3 * mebibyte);
  bar.written();
  bar.finish(4000);
  expect(bar.written()).toBe("\r\u001b[KTook 4.0 s: 50.0 MiB, 12.5 MiB/s\n");
  const quick = reporter("bar");
  quick.finish(1999);
  expect(quick.written()).toBe("");
  const log = reporter("plain");
  log.finish(4999);
  log.finish(75_000);
  expect(log.written()).toBe("Took 1:15\n");
  for (const style of ["json", "none"] as const) {
    const other = reporter(style);
    other.finish(100_000);
    expect(other.written()).toBe("");
  }
});

test("programs get a document a line, at least for the beginning and the end", () => {
  const { update, written } = reporter("json");
  update(0, 0);
  update(1, 1);
  update(2, 100 * mebibyte);
  expect(
    written()
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { progress: { bytes_done: number } }).progress.bytes_done),
  ).toEqual([0, 100 * mebibyte]);
});

test("what `auto` means", () => {
  const terminal = Object.assign(new Writable(), { isTTY: true });
  const style = (
    isTTY: boolean,
    env: Readonly<Record<string, string>>,
    rest: { quiet?: boolean; format?: "text" | "json" } = {},
  ): ProgressStyle =>
    progressStyle(
      "auto",
      { stderr: isTTY ? terminal : new Writable(), env },
      { quiet: false, format: "text", ...rest },
    );
  expect(style(true, {})).toBe("bar");
  expect(style(true, { TERM: "dumb" })).toBe("plain");
  expect(style(false, {})).toBe("plain");
  expect(style(false, {}, { format: "json" })).toBe("none");
  expect(style(true, {}, { quiet: true })).toBe("none");
});
