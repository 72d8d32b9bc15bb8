import fc from "fast-check";
import { expect, test } from "vitest";
import { openArchive, openArchiveInTurns } from "../reading/archive-reader.js";
import { bufferSource } from "../sources/buffer-source.js";
import { diffArchives, diffArchivesInTurns } from "../diff.js";
import type { Entry } from "../entry.js";
import { columnsOf } from "./index-columns.js";
import { indexWritingSteps, writeIndex } from "./index-writer.js";
import { pathCheckSteps } from "./index-encoder.js";
import { sortedRows } from "./sorted-rows.js";
import { atOnce } from "./steps.js";
import type { Steps } from "./steps.js";

const count = 200_000;
const hash = new Uint8Array(32);
const paths = Array.from({ length: count }, (_, at) => `file-${String(at).padStart(6, "0")}`);
const noData = bufferSource(new Uint8Array());

function indexOf(some: readonly string[]): Uint8Array {
  const entries = some.map((path): Entry => ({
    path,
    size: 0,
    hash,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    compression: "none",
    dataOffset: 0,
    storedSize: 0,
  }));
  return writeIndex(columnsOf(entries), 0, hash);
}

const index = indexOf(paths);
/** Enough for what only has to take a few turns. */
const fewPaths = paths.slice(0, 20_000);
const fewFiles = indexOf(fewPaths);

/** How often a timer fires while something is under way. */
async function turnsDuring<T>(work: Promise<T>): Promise<{ readonly turns: number; readonly result: T }> {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  try {
    return { result: await work, turns };
  } finally {
    clearInterval(timer);
  }
}

test("timers fire while an archive of 200,000 files is opened", async () => {
  const { turns, result } = await turnsDuring(openArchiveInTurns(index, noData));
  expect(result.entryCount).toBe(count);
  expect(turns).toBeGreaterThan(5);
});

test("and while its files, which are in another order, are sorted", async () => {
  const mixed = indexOf(fewPaths.map((_, at) => fewPaths[(at * 7919) % fewPaths.length] ?? ""));
  const { turns, result } = await turnsDuring(openArchiveInTurns(mixed, noData));
  expect(Array.from(result.entries(), ({ path }) => path).join()).toBe(fewPaths.join());
  expect(turns).toBeGreaterThan(5);
});

test("opening ends between two steps when it is aborted", async () => {
  const reason = new Error("enough");
  const abort = new AbortController();
  const opening = openArchiveInTurns(index, noData, { signal: abort.signal });
  setImmediate(() => abort.abort(reason));
  await expect(opening).rejects.toBe(reason);
});

test("what is wrong with an index rejects, with the origin", async () => {
  const opening = openArchiveInTurns(new Uint8Array(100), noData, { origin: "example.org/a@sha256:b" });
  await expect(opening).rejects.toMatchObject({ code: "InvalidIndex", reference: "example.org/a@sha256:b" });
});

test("timers fire while two archives are compared, with the same result", async () => {
  const before = openArchive(fewFiles, noData);
  const after = openArchive(indexOf(fewPaths.filter((_, at) => at % 1000 !== 7)), noData);
  const { turns, result } = await turnsDuring(diffArchivesInTurns(before, after, { stat: true }));
  expect(turns).toBeGreaterThan(5);
  expect(result).toEqual(diffArchives(before, after, { stat: true }));
  expect(result.removed).toHaveLength(20);
});

function stepsOf<T>(steps: Steps<T>): number {
  let number = 0;
  while (steps.next().done !== true) number += 1;
  return number;
}

test("an index is written, and its paths are checked, in steps", () => {
  expect(stepsOf(pathCheckSteps(fewPaths))).toBeGreaterThan(5);
  const entries = Array.from(openArchive(fewFiles, noData).entries());
  expect(stepsOf(indexWritingSteps(columnsOf(entries), 0, hash))).toBeGreaterThan(5);
});

test("rows are sorted as arrays are, equal ones in their order", () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 200 });
  fc.assert(
    fc.property(numbers, (keys) => {
      const rows = atOnce(sortedRows(keys.length, (a, b) => (keys[a] ?? 0) - (keys[b] ?? 0)));
      const expected = Array.from(keys.keys()).toSorted((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
      expect(Array.from(rows)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
