import { describe, expect, test } from "vitest";

import { openArchive } from "../reading/archive-reader.js";
import type { Archive } from "../archive.js";
import { encodeIndex } from "./index-encoder.js";
import type { RawEntry, RawIndex } from "../testing/raw-index.js";
import { rawIndex } from "../testing/raw-index.js";
import { goldenArchives } from "../testing/golden-archives.js";

function open(index: Uint8Array, size = 0): Archive {
  return openArchive(index, { id: "nothing", size, read: () => (async function* () {})() });
}

function openRaw(index: RawIndex): Archive {
  return open(rawIndex(index), Number(index.dataSize ?? 0n));
}

function expectInvalid(index: Uint8Array, why: RegExp): void {
  expect(() => open(index)).toThrow(expect.objectContaining({ code: "InvalidIndex" }));
  expect(() => open(index)).toThrow(why);
}

const withEntries = (...entries: RawEntry[]): Uint8Array => rawIndex({ entries });
const withPaths = (...paths: (Uint8Array | string)[]): Uint8Array =>
  withEntries(...paths.map((path) => ({ path })));

/** A copy with a 32-bit number replaced. */
function patched(index: Uint8Array, at: number, value: number): Uint8Array {
  const copy = index.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

describe("an index that is not one", () => {
  test("nothing", () => expectInvalid(new Uint8Array(0), /too short/));
  test("seven bytes", () => expectInvalid(new Uint8Array(7), /too short/));
  test("zeros", () => expectInvalid(new Uint8Array(1000), /outside of the index/));
  test("ones", () => expectInvalid(new Uint8Array(1000).fill(255), /outside of the index/));
  test("text", () =>
    expectInvalid(Buffer.from("<!doctype html><title>Not found</title>"), /outside of the index/));
  test("a root table outside", () =>
    expectInvalid(patched(withPaths("a"), 0, 0x7fff_ffff), /outside of the index/));
  test("a root table that is the buffer's first bytes", () =>
    expectInvalid(patched(withPaths("a"), 0, 0), /outside/));
  test("no list of entries", () => expectInvalid(rawIndex({}), /no list of entries/));
  test("a subarray of a larger buffer is read within its bounds", () => {
    const golden = withPaths("a", "b");
    const around = new Uint8Array(golden.length + 200).fill(0xff);
    around.set(golden, 100);
    expect(open(around.subarray(100, 100 + golden.length)).entryCount).toBe(2);
    expectInvalid(around.subarray(100, 100 + golden.length - 8), /index cannot be trusted/);
  });
});

describe("an index of another time", () => {
  test("version 2 is Unsupported", () => {
    expect(() => openRaw({ version: 2, entries: [] })).toThrow(
      expect.objectContaining({ code: "Unsupported" }),
    );
  });
  test("hash algorithm 1 is Unsupported", () => {
    expect(() => openRaw({ hashAlgorithm: 1, entries: [] })).toThrow(
      expect.objectContaining({ code: "Unsupported" }),
    );
  });
  test("fields that are not known are left alone", () => {
    const archive = openRaw({ entries: [{ path: "a", extraFields: true }, { path: "b" }] });
    expect(Array.from(archive.entries(), ({ path }) => path)).toEqual(["a", "b"]);
  });
  test("a compression that is not known is refused when the file is read, not before", async () => {
    const archive = openRaw({
      entries: [{ path: "a", compression: 9, dataSize: 1n, originalSize: 5n }],
      dataSize: 1n,
    });
    expect(archive.entry("a")).toMatchObject({ compression: "unknown", size: 5 });
    await expect(archive.readFile("a")).rejects.toMatchObject({ code: "Unsupported", path: "a" });
    await expect(archive.stream("a")[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "Unsupported",
    });
  });
  test("mode bits that are not permissions are not passed on", () => {
    expect(openRaw({ entries: [{ path: "a", mode: 0o104755 }] }).entry("a")?.mode).toBe(0o755);
  });
});

describe("paths that an index must not have", () => {
  const paths: [string, Uint8Array | string, RegExp][] = [
    ["an empty one", "", /empty element/],
    ["an absolute one", "/etc/passwd", /empty element/],
    ["one with a trailing slash", "a/", /empty element/],
    ["one with a double slash", "a//b", /empty element/],
    ["the current directory", ".", /"\." or "\.\." element/],
    ["the parent directory", "..", /"\." or "\.\." element/],
    ["one that climbs", "a/../../b", /"\." or "\.\." element/],
    ["one that ends with the parent", "a/..", /"\." or "\.\." element/],
    ["one with a dot element", "a/./b", /"\." or "\.\." element/],
    ["one with a NUL", "a\0b", /NUL/],
    ["one that is not UTF-8", Uint8Array.of(0x61, 0xff), /UTF-8/],
    ["one with an overlong slash", Uint8Array.of(0x61, 0xc0, 0xaf, 0x62), /UTF-8/],
    ["one with an encoded surrogate", Uint8Array.of(0xed, 0xa0, 0x80), /UTF-8/],
    ["one that ends within a character", Uint8Array.of(0x61, 0xe2, 0x82), /UTF-8/],
    ["one above U+10FFFF", Uint8Array.of(0xf4, 0x90, 0x80, 0x80), /UTF-8/],
  ];
  for (const [name, path, why] of paths) test(name, () => expectInvalid(withPaths("0", path), why));

  test("none at all", () => expectInvalid(withEntries({}), /no path/));
  test("the same one twice", () => expectInvalid(withPaths("a", "b", "b"), /"b" is there twice/));
  test("the same one twice, apart from each other", () =>
    expectInvalid(withPaths("b", "a", "c", "b"), /"b" is there twice/));
  test("a file that is also a directory", () =>
    expectInvalid(withPaths("a", "a/b"), /"a" is a file and a directory/));
  test("a file that is also a directory, with names in between", () => {
    expectInvalid(withPaths("a", "a-b", "a-b.c", "a.txt", "a/b"), /"a" is a file and a directory/);
  });
  test("a file that is also a directory, deep and out of order", () => {
    expectInvalid(withPaths("x/y/z/w", "x/y", "a"), /"x\/y" is a file and a directory/);
  });
  test("names that only begin alike are no conflict", () => {
    expect(open(withPaths("a", "a-b/c", "a.b", "aa/b", "ab")).entryCount).toBe(5);
  });
  test("a byte order mark is part of the name", () => {
    const archive = open(withPaths("\ufeffa", "a"));
    expect(archive.entry("\ufeffa")?.path).toBe("\ufeffa");
    expect(Array.from(archive.entries(), ({ path }) => path)).toEqual(["a", "\ufeffa"]);
  });
  test("a lone surrogate does not find the file with the replacement character", () => {
    const archive = open(withPaths("a\ufffd"));
    expect(archive.exists("a\ufffd")).toBe(true);
    expect(archive.exists("a\ud800")).toBe(false);
  });
});

describe("storage that an index must not promise", () => {
  const storage: [string, RawEntry, bigint, RegExp][] = [
    [
      "a file behind the end",
      { dataOffset: 5n, dataSize: 6n, originalSize: 6n },
      10n,
      /outside of the data part/,
    ],
    ["an offset of 2^64 - 1", { dataOffset: 0xffff_ffff_ffff_ffffn }, 10n, /outside of the data part/],
    [
      "an offset that overflows with its size",
      { dataOffset: (1n << 53n) - 1n, dataSize: 2n, originalSize: 2n },
      10n,
      /outside/,
    ],
    [
      "a stored size of 2^63",
      { dataSize: 1n << 63n, originalSize: 1n << 63n },
      10n,
      /outside of the data part/,
    ],
    ["a size of 2^53", { originalSize: 1n << 53n, compression: 1 }, 10n, /larger than any can be/],
    ["a raw file of another size", { dataSize: 5n, originalSize: 6n }, 10n, /another size/],
    ["a short hash", { hash: new Uint8Array(31) }, 10n, /31 bytes instead of 32/],
    ["a long hash", { hash: new Uint8Array(64) }, 10n, /64 bytes instead of 32/],
    ["no hash", { hash: undefined }, 10n, /no hash/],
  ];
  for (const [name, entry, dataSize, why] of storage) {
    test(name, () => expectInvalid(rawIndex({ entries: [{ path: "a", ...entry }], dataSize }), why));
  }
  test("a data part of 2^64 - 1 bytes", () => {
    expectInvalid(rawIndex({ entries: [], dataSize: 0xffff_ffff_ffff_ffffn }), /larger than any/);
  });
  test("a hash of the data part that is too short", () => {
    expectInvalid(rawIndex({ entries: [], dataHash: new Uint8Array(20) }), /20 bytes instead of 32/);
  });
  test("a source of another size", () => {
    expect(() => open(rawIndex({ entries: [], dataSize: 5n }), 4)).toThrow(
      expect.objectContaining({ code: "SourceMismatch" }),
    );
  });
  test("files may share their bytes, and overlap", () => {
    const shared = { dataOffset: 2n, dataSize: 5n, originalSize: 5n };
    const entries = [
      { path: "a", ...shared },
      { path: "b", ...shared },
      { path: "c", ...shared, dataOffset: 4n },
    ];
    expect(openRaw({ entries, dataSize: 10n }).directoryStats()).toEqual({
      files: 3,
      size: 15,
      storedSize: 15,
    });
  });
});

describe("an index that wants more than it brings", () => {
  const index = withPaths("a", "b");
  /** Where the list of entries begins: with the number 2, followed by two offsets. */
  const listAt = Array.from({ length: index.length / 4 }, (_, i) => 4 * i).find(
    (at) => at > 16 && new DataView(index.buffer).getUint32(at, true) === 2,
  );

  test("4 billion entries", () => {
    expectInvalid(patched(index, listAt ?? -1, 0xffff_ffff), /longer than the index/);
  });
  test("more entries than it has room for, all the same one", () => {
    expectInvalid(sameEntryManyTimes(10_000), /no room/);
    // It has 128 bytes, and seven entries take 140 at least.
    expectInvalid(sameEntryManyTimes(7), /no room/);
  });
  test("long paths that share their bytes", () => {
    expectInvalid(
      withPaths(...Array.from({ length: 2000 }, () => "long/".repeat(20_000) + "z")),
      /share bytes/,
    );
  });
  test("an index above the limit is refused before it is looked at", () => {
    const data = { id: "x", size: 0, read: () => (async function* () {})() };
    expect(() => openArchive(new Uint8Array(1001), data, { limits: { maxIndexBytes: 1000 } })).toThrow(
      expect.objectContaining({ code: "SizeExceeded" }),
    );
  });
  test("50,000 paths in the worst order are sorted in no time", () => {
    const count = 50_000;
    const paths = Array.from(
      { length: count },
      (_, i) => `directory/${String((i * 7919) % count).padStart(6, "0")}`,
    );
    const archive = open(withPaths(...paths));
    expect(Array.from(archive.entries(), ({ path }) => path)).toEqual(paths.toSorted());
  });
  test("many prefixes of each other are checked in no time", () => {
    const paths = Array.from({ length: 3000 }, (_, i) => "a".repeat(i + 1));
    const archive = open(withPaths(...paths));
    expect(archive.entryCount).toBe(3000);
    expectInvalid(withPaths(...paths, `${"a".repeat(1500)}/b`), /is a file and a directory/);
  });
});

/** A list of which every place leads to the same table. */
function sameEntryManyTimes(count: number): Uint8Array {
  const entryLayout = 28 + 4 * count;
  const entry = entryLayout + 16;
  const bytes = new Uint8Array(entry + 12 + 8 + 36);
  const view = new DataView(bytes.buffer);
  const shorts = (at: number, ...values: number[]): void =>
    values.forEach((v, i) => view.setUint16(at + 2 * i, v, true));
  const longs = (at: number, ...values: number[]): void =>
    values.forEach((v, i) => view.setUint32(at + 4 * i, v, true));
  longs(0, 16);
  shorts(4, 10, 8, 0, 0, 4);
  longs(16, 12, 4, count);
  for (let i = 0; i < count; i++) longs(28 + 4 * i, entry - 28 - 4 * i);
  shorts(entryLayout, 14, 12, 4, 0, 0, 0, 8);
  longs(entry, 16, 8, 12, 1, 0x61, 32);
  return bytes;
}

test("an index that was cut off is not opened", () => {
  for (const { index, dataSize } of goldenArchives) {
    // The last four bytes may be the end of a path and padding, which nobody reads.
    for (let length = 0; length < index.length - 4; length += 3) {
      expect(() => open(index.subarray(0, length), dataSize)).toThrow(
        expect.objectContaining({ name: "FormatError" }),
      );
    }
  }
});

test("an empty archive is an archive", () => {
  const archive = open(encodeIndex({ entries: [], dataSize: 0 }));
  expect(archive.entryCount).toBe(0);
  expect(archive.dataHash).toBeUndefined();
  expect(archive.readDirectory(".")).toEqual([]);
  expect(archive.isDirectory("/")).toBe(true);
  expect(Array.from(archive.entries())).toEqual([]);
  expect(archive.exists("a")).toBe(false);
});
