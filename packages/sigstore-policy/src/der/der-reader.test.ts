import { describe, expect, test } from "vitest";
import { element, integer, objectIdentifier } from "./der-writer.js";
import { DerError, derElement, derElements, DerReader } from "./der-reader.js";

const reader = (...bytes: readonly number[]): DerReader => new DerReader(Uint8Array.from(bytes));
const octets = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const filled = (length: number): Uint8Array => new Uint8Array(length).fill(7);

describe("lengths", () => {
  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 24 - 1])(
    "of %i bytes, in their shortest form",
    (length) => {
      const whole = new DerReader(element(0x04, filled(length)));
      expect(whole.read(0x04)).toHaveLength(length);
      expect(whole.isAtEnd).toBe(true);
    },
  );

  test.each([
    ["a longer form than needed", [0x04, 0x81, 1, 7]],
    ["a longer form than needed, just below the limit", [0x04, 0x81, 127, ...filled(127)]],
    ["a leading zero", [0x04, 0x82, 0, 200, ...filled(200)]],
    ["no definite form", [0x04, 0x80, 7, 0, 0]],
    ["no definite form, and as many bytes as it would mean in another", [0x04, 0x80, ...filled(128)]],
    ["four bytes", [0x04, 0x84, 0, 0, 0, 0, 7]],
    ["more than is there", [0x04, 2, 7]],
    ["none at all", [0x04]],
    ["a part of them", [0x04, 0x82, 1]],
  ])("with %s are refused", (_what, bytes) => {
    expect(() => reader(...bytes).read(0x04)).toThrow(DerError);
  });

  test("a value ends where the next one starts", () => {
    const two = reader(0x04, 1, 7, 0x04, 1, 8);
    expect([...two.read(0x04)]).toEqual([7]);
    expect(two.isAtEnd).toBe(false);
    expect([...two.read(0x04)]).toEqual([8]);
    expect(() => two.read(0x04)).toThrow("ends early");
  });

  test("a value does not reach out of its sequence", () => {
    expect(() => reader(0x30, 2, 0x04, 2, 7, 7).sequence().read(0x04)).toThrow("longer than its container");
  });

  test("another tag is refused", () => {
    expect(() => reader(0x05, 0).read(0x04)).toThrow("expected tag");
  });
});

describe("object identifiers", () => {
  test.each(["1.2.840.113549.1.5.13", "0.39", "1.0", "2.5.29.15", "2.999.128", "1.3.2147483648"])(
    "%s",
    (oid) => {
      // 2.999 has a first arc of two octets, which the writer does not know.
      const encoded = oid === "2.999.128" ? Uint8Array.of(6, 4, 0x88, 0x37, 0x81, 0) : objectIdentifier(oid);
      expect(new DerReader(encoded).oid()).toBe(oid);
    },
  );

  test("with an arc beyond 2^31 are refused, however many octets it has", () => {
    expect(() => new DerReader(objectIdentifier("1.3.2147483649")).oid()).toThrow("too large");
    expect(() => reader(6, 12, ...filled(11).fill(0xff), 0x7f).oid()).toThrow("too large");
  });
});

describe("integers", () => {
  test.each([0, 1, 127, 128, 255, 256, 65_536, 2 ** 31, 2 ** 40, 2 ** 47 - 1])("%i", (value) => {
    expect(new DerReader(integer(value)).integer()).toBe(value);
  });

  test("of more than six bytes are too large for any limit", () => {
    expect(new DerReader(integer(2 ** 48)).integer()).toBe(Infinity);
    expect(new DerReader(integer(2n ** 2048n)).integer()).toBe(Infinity);
  });

  test("that are negative, or have no bytes, are refused", () => {
    expect(() => reader(2, 1, 0x80).integer()).toThrow("non-negative");
    expect(() => reader(2, 1, 0xff).integer()).toThrow("non-negative");
    expect(() => reader(2, 0).integer()).toThrow("non-negative");
  });
});

describe("lengths of elements", () => {
  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])("of %i bytes, in their shortest form", (length) => {
    const [first, second] = derElements(Buffer.concat([element(0x04, new Uint8Array(length)), octets(5, 0)]));
    expect(first?.content).toHaveLength(length);
    expect(second?.tag).toBe(5);
  });

  test.each([
    ["a longer form than needed", octets(4, 0x81, 1, 7)],
    [
      "a longer form than needed, just below the limit",
      Buffer.concat([octets(4, 0x81, 127), new Uint8Array(127)]),
    ],
    ["a leading zero", Buffer.concat([octets(4, 0x82, 0, 200), new Uint8Array(200)])],
    ["no definite form", octets(4, 0x80, 7, 0, 0)],
    [
      "no definite form, and as many bytes as it would mean in another",
      Buffer.concat([octets(4, 0x80), new Uint8Array(128)]),
    ],
    ["four bytes", Buffer.concat([octets(4, 0x84, 1, 0, 0, 0), new Uint8Array(2 ** 24)])],
    ["more than is there", octets(4, 2, 7)],
    ["a part of them", octets(4, 0x82, 1)],
    ["none", octets(4)],
  ])("with %s are refused", (_what, malformed) => {
    expect(() => derElements(malformed)).toThrow(DerError);
  });
});

test("a tag of more than one byte is refused", () => {
  expect(() => derElements(octets(0x1f, 0x81, 0))).toThrow(DerError);
  expect(() => derElements(octets(0xbf, 0x01, 0))).toThrow(DerError);
});

test("one element is one, with the tag that is wanted", () => {
  expect([...derElement(octets(4, 1, 7), 4).content]).toEqual([7]);
  expect(() => derElement(octets(4, 1, 7), 5)).toThrow(DerError);
  expect(() => derElement(octets(4, 1, 7, 4, 0), 4)).toThrow(DerError);
  expect(() => derElement(octets(), 4)).toThrow(DerError);
});
