import { expect, test } from "vitest";
import { createFlatBuffer, follow, readLayout, readUint64, vectorLength, vtableOf } from "./flatbuffer.js";
import type { FlatBuffer } from "./flatbuffer.js";

/** Bytes with 16-bit numbers from `at` on, little-endian; the rest is zero. */
function shorts(size: number, at: number, ...values: readonly number[]): FlatBuffer {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint16(at + 2 * i, value, true);
  return createFlatBuffer(bytes);
}

function longs(...values: readonly number[]): FlatBuffer {
  return createFlatBuffer(new Uint8Array(Uint32Array.from(values).buffer));
}

const invalid = (problem: string): unknown =>
  expect.objectContaining({
    code: "InvalidIndex",
    message: `The index cannot be trusted: ${problem}`,
  });

test("an offset leads forward, to four bytes that are there", () => {
  expect(follow(longs(8, 0, 7), 0, "it")).toBe(8);
  for (const buffer of [longs(0, 0, 7), longs(9, 0, 7), longs(12, 0, 7), longs(0xffff_ffff, 0, 7)]) {
    expect(() => follow(buffer, 0, "it")).toThrow(invalid("it lies outside of the index"));
  }
});

test("a table says where its layout is, before or behind it", () => {
  expect(vtableOf(longs(0, 4), 4)).toBe(0);
  expect(vtableOf(longs(0xffff_fffc, 0), 0)).toBe(4);
});

test("a layout lies inside of the index", () => {
  for (const at of [0, 4]) {
    expect(readLayout(shorts(at + 4, at, 4, 4), at, [4], "it")).toEqual({
      vtable: at,
      tableSize: 4,
      fields: [0],
    });
  }
  const outside = invalid("the layout of it lies outside of the index");
  for (const at of [-1, -4, 5, 8, 100]) {
    expect(() => readLayout(shorts(8, 4, 4, 4), at, [4], "it")).toThrow(outside);
  }
});

test("a layout has a size that can be", () => {
  const damaged = invalid("the layout of it is damaged");
  for (const size of [0, 2, 3, 5, 10, 0xfffe]) {
    expect(() => readLayout(shorts(12, 4, size, 16, 4), 4, [4], "it")).toThrow(damaged);
  }
  expect(readLayout(shorts(12, 4, 8, 16, 4, 8), 4, [4, 8], "it").fields).toEqual([4, 8]);
  for (const tableSize of [0, 3]) {
    expect(() => readLayout(shorts(12, 4, 4, tableSize), 4, [4], "it")).toThrow(damaged);
  }
});

test("a field lies inside of its table, behind the reference to the layout", () => {
  const fields = (...values: readonly number[]): readonly number[] =>
    readLayout(shorts(40, 0, 4 + 2 * values.length, 20, ...values), 0, [4, 8], "it").fields;
  expect(fields(4, 12)).toEqual([4, 12]);
  expect(fields(16, 0)).toEqual([16, 0]);
  // Slots that the layout does not have, and such as nobody knows yet.
  expect(fields(4)).toEqual([4, 0]);
  expect(fields(4, 12, 99)).toEqual([4, 12]);
  for (const [first, second, slot] of [
    [3, 8, 0],
    [17, 8, 0],
    [4, 13, 1],
    [4, 1, 1],
    [4, 0xffff, 1],
  ] as const) {
    expect(() => fields(first, second)).toThrow(invalid(`field ${slot} of it lies outside of it`));
  }
});

test("the elements of a vector lie inside of the index", () => {
  expect(vectorLength(longs(0, 2, 0, 0), 4, 4, "it")).toBe(2);
  expect(vectorLength(longs(0, 8, 0, 0), 4, 1, "it")).toBe(8);
  expect(vectorLength(longs(0, 0), 4, 4, "it")).toBe(0);
  for (const [buffer, elementSize] of [
    [longs(0, 3, 0, 0), 4],
    [longs(0, 9, 0, 0), 1],
    [longs(0, 1), 1],
    [longs(0, 0xffff_ffff, 0, 0), 4],
  ] as const) {
    expect(() => vectorLength(buffer, 4, elementSize, "it")).toThrow(invalid("it is longer than the index"));
  }
});

test("numbers of 64 bits are exact, or infinite", () => {
  expect(readUint64(longs(0, 2, 1), 4)).toBe(2 ** 32 + 2);
  expect(readUint64(longs(0xffff_ffff, 0x1f_ffff), 0)).toBe(Number.MAX_SAFE_INTEGER);
  expect(readUint64(longs(0, 0x20_0000), 0)).toBe(Number.POSITIVE_INFINITY);
  expect(readUint64(longs(0xffff_ffff, 0xffff_ffff), 0)).toBe(Number.POSITIVE_INFINITY);
});
