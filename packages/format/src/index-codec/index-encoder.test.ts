import { describe, expect, test } from "vitest";

import { comparePaths } from "../paths/compare-bytes.js";
import type { Entry } from "../entry.js";
import { encodeIndex } from "./index-encoder.js";
import { goldenArchives } from "../testing/golden-archives.js";

const hash = new Uint8Array(32).fill(7);
const file: Entry = {
  path: "a",
  size: 10,
  hash,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtimeNs: 0n,
  compression: "none",
  dataOffset: 0,
  storedSize: 10,
};

describe("an index has the bytes that the Go implementation writes", () => {
  for (const { name, index, entries, dataSize, dataHash, chunks } of goldenArchives) {
    // Go writes in the order of its directory walk: where that is not byte order, its index cannot be ours.
    if (!isAscending(entries) || chunks !== undefined) continue;
    test(name, () => {
      const encoded = encodeIndex({
        entries,
        dataSize,
        dataHash: new Uint8Array(Buffer.from(dataHash, "hex")),
      });
      expect(Buffer.from(encoded).equals(index)).toBe(true);
    });
  }
});

function isAscending(entries: readonly Entry[]): boolean {
  return entries.every(({ path }, i) => comparePaths(entries[i - 1]?.path ?? "", path) < 0);
}

describe("an index that nobody could read is not written", () => {
  const refused = (change: Partial<Entry>): unknown => {
    try {
      return encodeIndex({ entries: [{ ...file, ...change }], dataSize: 10, dataHash: hash });
    } catch (error) {
      return error;
    }
  };
  const cases: [string, Partial<Entry>, string][] = [
    ["a path that leaves the archive", { path: "../a" }, "InvalidPath"],
    ["a lone surrogate in a path", { path: "a\ud800" }, "InvalidPath"],
    ["a short hash", { hash: new Uint8Array(31) }, "InvalidArgument"],
    ["a negative size", { size: -1 }, "InvalidArgument"],
    ["a fractional offset", { dataOffset: 0.5 }, "InvalidArgument"],
    ["stored bytes behind the end of the data", { dataOffset: 1 }, "InvalidArgument"],
    ["a file stored as it is with another size", { size: 9 }, "InvalidArgument"],
    ["a mode with a file type", { mode: 0o100644 }, "InvalidArgument"],
    ["a negative uid", { uid: -1 }, "InvalidArgument"],
    ["a gid above 32 bits", { gid: 2 ** 32 }, "InvalidArgument"],
    ["a time above 64 bits", { mtimeNs: 2n ** 63n }, "InvalidArgument"],
  ];
  for (const [name, change, code] of cases) test(name, () => expect(refused(change)).toMatchObject({ code }));

  test("entries out of order", () => {
    const entries = [file, { ...file, path: "B" }];
    expect(() => encodeIndex({ entries, dataSize: 10 })).toThrow(
      expect.objectContaining({ code: "InvalidArgument" }),
    );
  });
  test("a path twice", () => {
    expect(() => encodeIndex({ entries: [file, file], dataSize: 10 })).toThrow(/each once/);
  });
  test("a file that is also a directory", () => {
    const entries = ["a", "a-b", "a-b.c", "a.txt", "a/b"].map((path) => ({ ...file, path }));
    expect(() => encodeIndex({ entries, dataSize: 10 })).toThrow(
      expect.objectContaining({ code: "InvalidArgument", path: "a" }),
    );
    expect(encodeIndex({ entries: entries.slice(0, 4), dataSize: 10 }).length).toBeGreaterThan(0);
  });
  test("a hash of the data part that is too long", () => {
    expect(() => encodeIndex({ entries: [], dataSize: 0, dataHash: new Uint8Array(33) })).toThrow(/33 bytes/);
  });
});
