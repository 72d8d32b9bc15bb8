import { expect, test } from "vitest";

import { openArchive } from "./reading/archive-reader.js";
import type { Archive } from "./archive.js";
import { comparePaths } from "./paths/compare-bytes.js";
import { diffArchives } from "./diff.js";
import { encodeIndex } from "./index-codec/index-encoder.js";

function archiveOf(files: Record<string, number>, mode = 0o644): Archive {
  const entries = Object.keys(files)
    .toSorted(comparePaths)
    .map((path) => ({
      path,
      size: 0,
      storedSize: 0,
      dataOffset: 0,
      mode,
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
      compression: "none" as const,
      hash: new Uint8Array(32).fill(files[path] ?? 0),
    }));
  const index = encodeIndex({ entries, dataSize: 0 });
  return openArchive(index, { id: "", size: 0, read: () => (async function* () {})() });
}

test("archives are compared by content: what came, what went, what changed", () => {
  const before = archiveOf({ a: 1, "b/c": 1, gone: 1, "\uffff": 1, same: 5 });
  const after = archiveOf({ "b/c": 2, "\u{10000}": 1, a: 1, "\uffff": 3, new: 9, same: 5 }, 0o600);
  const { added, removed, changed } = diffArchives(before, after);
  expect(added.map(({ path }) => path)).toEqual(["new", "\u{10000}"]);
  expect(removed.map(({ path }) => path)).toEqual(["gone"]);
  expect(changed.map(({ path, before: old, after: now }) => [path, old.hash[0], now.hash[0]])).toEqual([
    ["b/c", 1, 2],
    ["\uffff", 1, 3],
  ]);
});

test("an archive does not differ from itself, and wholly from an empty one", () => {
  const archive = archiveOf({ a: 1, b: 2 });
  const empty = archiveOf({});
  expect(diffArchives(archive, archive)).toEqual({ added: [], removed: [], changed: [] });
  expect(diffArchives(empty, archive).added).toHaveLength(2);
  expect(diffArchives(archive, empty).removed).toHaveLength(2);
});
