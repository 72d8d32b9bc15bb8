import fc from "fast-check";
import { expect, test } from "vitest";

import { comparePaths } from "../paths/compare-bytes.js";
import { encodeIndex } from "./index-encoder.js";
import { readIndexTable } from "./index-table.js";
import type { IndexTable } from "./index-table.js";
import { isValidPath } from "../paths/path.js";
import { createPathLookup, hashPath } from "./path-lookup.js";

const encoder = new TextEncoder();

/** An index of these paths, and the paths in its order. */
function indexOf(some: Iterable<string>): { readonly table: IndexTable; readonly paths: readonly string[] } {
  const paths = [...new Set(some)].toSorted(comparePaths);
  const entries = paths.map((path) => ({
    path,
    size: 0,
    hash: new Uint8Array(32),
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    compression: "none" as const,
    dataOffset: 0,
    storedSize: 0,
  }));
  return { table: readIndexTable(encodeIndex({ entries, dataSize: 0 })), paths };
}

/** What the look-up says about all paths, twice: it prepares itself while it is used. */
function expectAllFound(table: IndexTable, paths: readonly string[]): void {
  const find = createPathLookup(table);
  for (const _ of [1, 2]) {
    expect(paths.map((path) => find(path))).toEqual(paths.map((_path, at) => at));
    for (const path of paths) expect(find(`${path}~`)).toBe(-1);
  }
}

test("finds each path at its place, and no other, however often it is asked", () => {
  // Without slashes: no file is a directory of another one.
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter(isName);
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 100 }), (names) => {
      const { table, paths } = indexOf(names.map((each) => `${each}.`));
      expectAllFound(table, paths);
    }),
    { numRuns: 100 },
  );
});

test("finds paths that are longer than most, by their full length", () => {
  const { table, paths } = indexOf(
    Array.from({ length: 100 }, (_, at) => `${"long/".repeat(at + 1)}${"ä".repeat(4 * at)}.txt`),
  );
  expectAllFound(table, paths);
  const find = createPathLookup(table);
  for (const path of paths) expect(find(path.slice(0, -1))).toBe(-1);
});

test("tells paths apart that differ in their last bytes or their length only, wherever they lie in the table", () => {
  const letters = "abcdefghijklmnop".split("");
  const tails = letters.flatMap((a) => [a, ...letters.flatMap((b) => [a + b, `${a + b}z`])]);
  const all = tails.flatMap((tail) => [`same${tail}`, `same${tail}.txt`]);
  const { table, paths } = indexOf(all.filter((_, at) => at % 3 !== 0));
  const find = createPathLookup(table);
  const places = new Map(paths.map((path, at) => [path, at]));
  for (const _ of [1, 2]) {
    for (const path of all) expect([path, find(path)]).toEqual([path, places.get(path) ?? -1]);
  }
});

test("finds each path of thousands while it prepares itself, which takes many look-ups", () => {
  const { table, paths } = indexOf(Array.from({ length: 20_000 }, (_, at) => `file-${at}`));
  const find = createPathLookup(table);
  for (let search = 0; search < 4000; search++) {
    const at = (search * 7919) % paths.length;
    if (find(paths[at] ?? "") !== at || find(`${paths[at]}~`) !== -1) throw new Error(`${paths[at]} is lost`);
  }
});

test("finds nothing in an empty archive", () => {
  const { table } = indexOf([]);
  const find = createPathLookup(table);
  for (const path of ["a", "a", ""]) expect(find(path)).toBe(-1);
});

test("an archive whose paths were chosen to collide is found in all the same", () => {
  const colliding: string[] = [];
  for (let at = 0; colliding.length < 300; at++) {
    const path = encoder.encode(String(at));
    const view = new DataView(path.buffer, path.byteOffset, path.length);
    if ((hashPath(view, 0, path.length) & 1023) === 7) colliding.push(String(at));
  }
  const { table, paths } = indexOf(colliding);
  expectAllFound(table, paths);
});

function isName(text: string): boolean {
  return !text.includes("/") && isValidPath(`${text}.`);
}
