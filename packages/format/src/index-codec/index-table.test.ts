import { expect, test } from "vitest";
import type { Entry } from "../entry.js";
import { encodeIndex } from "./index-encoder.js";
import { entryAt } from "./index-entry.js";
import { readIndexTable } from "./index-table.js";
import { rawIndex } from "../testing/raw-index.js";

const hash = new Uint8Array(32).fill(0xab);
const dataHash = new Uint8Array(32).map((_, at) => at + 1);
const full: Entry = {
  path: "a/b",
  size: 0x1_0203_0405,
  hash,
  mode: 0o754,
  uid: 0x0102_0304,
  gid: 0x0506_0708,
  mtimeNs: -0x0102_0304_0506_0708n,
  compression: "zstd",
  dataOffset: 0x0a_0b0c,
  storedSize: 0x0d_0e0f,
};

test("every field of an entry, and what is said of the data, is read as it was written", () => {
  const other: Entry = {
    ...full,
    path: "b",
    uid: 7,
    gid: 8,
    mode: 0o600,
    mtimeNs: 9n,
    size: 1,
    storedSize: 2,
  };
  const table = readIndexTable(encodeIndex({ entries: [full, other], dataSize: 0x1_0000_0000, dataHash }));
  expect(table.count).toBe(2);
  expect(table.dataSize).toBe(0x1_0000_0000);
  expect(table.dataHash).toEqual(dataHash);
  expect(entryAt(table, 0)).toEqual(full);
  expect(entryAt(table, 1)).toEqual(other);
});

test("what an entry does not say is zero, also beside entries that say it", () => {
  const plain: Entry = {
    ...full,
    path: "b",
    size: 0,
    storedSize: 0,
    dataOffset: 0,
    mode: 0,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    compression: "none",
  };
  const table = readIndexTable(encodeIndex({ entries: [full, plain], dataSize: 0x10_0000 * 16 }));
  expect(table.dataHash).toBeUndefined();
  expect(entryAt(table, 1)).toEqual(plain);
  const bare = readIndexTable(rawIndex({ entries: [{ path: "x" }] }));
  expect(entryAt(bare, 0)).toMatchObject({ mode: 0, uid: 0, gid: 0, mtimeNs: 0n, size: 0, storedSize: 0 });
  expect(bare.dataSize).toBe(0);
});

test("bits of a mode that are no permissions are dropped", () => {
  const table = readIndexTable(rawIndex({ entries: [{ path: "x", mode: 0o104755 }] }));
  expect(entryAt(table, 0).mode).toBe(0o755);
});

test("a version or an algorithm that is not known is named", () => {
  const unsupported = (message: string): unknown =>
    expect.objectContaining({ code: "Unsupported", message: expect.stringContaining(message) });
  expect(() => readIndexTable(rawIndex({ version: 2, entries: [] }))).toThrow(
    unsupported("format version 2, "),
  );
  expect(() => readIndexTable(rawIndex({ hashAlgorithm: 3, entries: [] }))).toThrow(
    unsupported("hash algorithm 3, "),
  );
});

test("a table that says that it is larger than the index is refused, be it the root or an entry", () => {
  const index = rawIndex({ entries: [{ path: "x" }], dataSize: 0n });
  const view = new DataView(index.buffer);
  const root = view.getUint32(0, true);
  const layoutOf = (table: number): number => table - view.getInt32(table, true);
  const entries = ((): number => {
    const field = root + view.getUint16(layoutOf(root) + 4 + 2 * 2, true);
    return field + view.getUint32(field, true);
  })();
  const entry = entries + 4 + view.getUint32(entries + 4, true);
  for (const table of [root, entry]) {
    const enlarged = index.slice();
    const sizeAt = layoutOf(table) + 2;
    const changed = new DataView(enlarged.buffer);
    changed.setUint16(sizeAt, index.length - table, true);
    expect(readIndexTable(enlarged).count).toBe(1);
    changed.setUint16(sizeAt, index.length - table + 1, true);
    expect(() => readIndexTable(enlarged)).toThrow("lies outside of the index");
  }
});

test("a file is inside of the data part, to its last byte", () => {
  const stored = (dataOffset: bigint, dataSize: bigint): Uint8Array =>
    rawIndex({ entries: [{ path: "x", dataOffset, dataSize, originalSize: dataSize }], dataSize: 10n });
  expect(readIndexTable(stored(4n, 6n)).count).toBe(1);
  for (const [offset, size] of [
    [4n, 7n],
    [11n, 0n],
    [0n, 11n],
    [2n ** 53n, 0n],
    [0n, 2n ** 64n - 1n],
    [2n ** 63n, 2n ** 63n],
  ] as const) {
    expect(() => readIndexTable(stored(offset, size))).toThrow("stored outside of the data part");
  }
});
