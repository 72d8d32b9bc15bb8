import { expect, test } from "vitest";
import { comparePaths } from "../paths/compare-bytes.js";
import type { Entry } from "../entry.js";
import { columnsOf } from "./index-columns.js";
import { entryAt } from "./index-entry.js";
import { byteOrderSteps } from "./index-order.js";
import { readIndexTable } from "./index-table.js";
import type { IndexTable } from "./index-table.js";
import { atOnce } from "./steps.js";
import { writeIndex } from "./index-writer.js";
import { rawIndex } from "../testing/raw-index.js";

const inByteOrder = (table: IndexTable): IndexTable => atOnce(byteOrderSteps(table));

/** Every field has another value for each entry. */
const entries: readonly Entry[] = ["b", "a/c", "d", "a-b", "c"].map((path, i) => ({
  path,
  size: 1000 + i,
  hash: new Uint8Array(32).fill(i + 1),
  mode: 0o600 + i,
  uid: 10 + i,
  gid: 20 + i,
  mtimeNs: 30n + BigInt(i),
  compression: "zstd",
  dataOffset: 40 + i,
  storedSize: 50 + i,
}));

test("entries that are sorted take all that is said of them along", () => {
  const table = readIndexTable(writeIndex(columnsOf(entries), 500, new Uint8Array(32)));
  const sorted = inByteOrder(table);
  const expected = entries.toSorted((a, b) => comparePaths(a.path, b.path));
  expect(expected.map((_, at) => entryAt(sorted, at))).toEqual(expected);
  expect(sorted).toMatchObject({ count: 5, dataSize: 500, dataHash: new Uint8Array(32) });
});

test("how each file is compressed goes along, too", () => {
  const table = readIndexTable(
    rawIndex({ entries: [{ path: "b", compression: 1 }, { path: "a", compression: 9 }, { path: "c" }] }),
  );
  const sorted = inByteOrder(table);
  expect([0, 1, 2].map((at) => entryAt(sorted, at).compression)).toEqual(["unknown", "zstd", "none"]);
});

test("a table that is in order is not copied", () => {
  for (const paths of [[], ["a"], ["a", "b"], ["a", "a-b", "a.b/c", "ab"]]) {
    const table = readIndexTable(rawIndex({ entries: paths.map((path) => ({ path })) }));
    expect(inByteOrder(table)).toBe(table);
  }
});

/** An index whose paths, which are all different, are cut off: what follows them is the rest, and no NUL. */
function withoutTerminators(...paths: readonly (readonly [path: string, rest: string])[]): Uint8Array {
  const index = rawIndex({ entries: paths.map(([path, rest]) => ({ path: path + rest })) });
  for (const [path, rest] of paths) {
    const at = Buffer.from(index).indexOf(path + rest);
    new DataView(index.buffer).setUint32(at - 4, path.length, true);
  }
  return index;
}

const sortedPaths = (index: Uint8Array): readonly string[] => {
  const table = inByteOrder(readIndexTable(index));
  return Array.from({ length: table.count }, (_, at) => entryAt(table, at).path);
};

test("nothing behind a path counts for its place", () => {
  const short = ["ab", "cx"] as const;
  const other = ["ab", "ca"] as const;
  const long = ["abcd", "123"] as const;
  for (const [one, two] of [
    [short, long],
    [long, short],
    [other, long],
    [long, other],
  ] as const) {
    expect(sortedPaths(withoutTerminators(one, two))).toEqual(["ab", "abcd"]);
  }
});

test("nothing behind two equal paths makes them different", () => {
  for (const rests of [
    ["cx", "cy"],
    ["cy", "cx"],
    ["x", "y"],
    ["y", "x"],
  ] as const) {
    const [one, two] = rests.map((rest) => ["ab", rest] as const);
    if (one === undefined || two === undefined) throw new Error("there are two");
    expect(() => sortedPaths(withoutTerminators(one, two))).toThrow('"ab" is there twice');
  }
});
