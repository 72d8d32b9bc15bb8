import { describe, expect, test } from "vitest";
import { element } from "../der.js";
import { derElement, derElements } from "./der.js";

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

describe("lengths", () => {
  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])("of %i bytes, in their shortest form", (length) => {
    const [first, second] = derElements(Buffer.concat([element(0x04, new Uint8Array(length)), bytes(5, 0)]));
    expect(first?.content).toHaveLength(length);
    expect(second?.tag).toBe(5);
  });

  test.each([
    ["a longer form than needed", bytes(4, 0x81, 1, 7)],
    [
      "a longer form than needed, just below the limit",
      Buffer.concat([bytes(4, 0x81, 127), new Uint8Array(127)]),
    ],
    ["a leading zero", Buffer.concat([bytes(4, 0x82, 0, 200), new Uint8Array(200)])],
    ["no definite form", bytes(4, 0x80, 7, 0, 0)],
    [
      "no definite form, and as many bytes as it would mean in another",
      Buffer.concat([bytes(4, 0x80), new Uint8Array(128)]),
    ],
    ["four bytes", Buffer.concat([bytes(4, 0x84, 1, 0, 0, 0), new Uint8Array(2 ** 24)])],
    ["more than is there", bytes(4, 2, 7)],
    ["a part of them", bytes(4, 0x82, 1)],
    ["none", bytes(4)],
  ])("with %s are refused", (_what, malformed) => {
    expect(() => derElements(malformed)).toThrow("not DER");
  });
});

test("a tag of more than one byte is refused", () => {
  expect(() => derElements(bytes(0x1f, 0x81, 0))).toThrow("not DER");
  expect(() => derElements(bytes(0xbf, 0x01, 0))).toThrow("not DER");
});

test("one element is one, with the tag that is wanted", () => {
  expect([...derElement(bytes(4, 1, 7), 4).content]).toEqual([7]);
  expect(() => derElement(bytes(4, 1, 7), 5)).toThrow("not DER");
  expect(() => derElement(bytes(4, 1, 7, 4, 0), 4)).toThrow("not DER");
  expect(() => derElement(bytes(), 4)).toThrow("not DER");
});
