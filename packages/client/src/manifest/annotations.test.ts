import fc from "fast-check";
import { expect, test } from "vitest";
import { annotationsOf } from "./annotations.js";

const key = "org.opencontainers.image.created";
const now = new Date("2026-01-02T03:04:05.678Z");

test.each([
  ["an invalid date", new Date(Number.NaN)],
  ["a year of five digits", new Date("+010000-01-01T00:00:00Z")],
  ["a year before 0", new Date("-000001-12-31T00:00:00Z")],
])("%s is no time of creation", (_name, created) => {
  expect(() => annotationsOf({}, created)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
});

test.each([
  ["the year 0", "0000-01-01T00:00:00.000Z"],
  ["the last second that can be written", "9999-12-31T23:59:59.000Z"],
])("%s is one", (_name, text) => {
  expect(annotationsOf({}, new Date(text))).toEqual({ [key]: text.replace(".000", "") });
});

test.each([
  "2026-01-02T03:04:05Z",
  "2026-01-02T03:04:05.123456789+01:30",
  "2024-02-29T00:00:00-23:59",
  "2016-12-31T23:59:60Z",
  "2026-01-02t03:04:05z",
  "0000-02-29T00:00:00Z",
])("a caller's %s stays as it is", (text) => {
  expect(annotationsOf({ [key]: text }, now)).toEqual({ [key]: text });
});

test.each([
  "",
  "yesterday",
  "2026-01-02",
  "2026-01-02 03:04:05Z",
  "2026-01-02T03:04:05",
  "2026-1-2T03:04:05Z",
  "2026-02-29T00:00:00Z",
  "1900-02-29T00:00:00Z",
  "2026-13-01T00:00:00Z",
  "2026-00-01T00:00:00Z",
  "2026-04-31T00:00:00Z",
  "2026-01-02T24:00:00Z",
  "2026-01-02T03:60:00Z",
  "2026-01-02T03:04:61Z",
  "2026-01-02T03:04:05+24:00",
  "2026-01-02T03:04:05.Z",
  "+010000-01-01T00:00:00Z",
  "2026-01-02T03:04:05Z\n",
])("a caller's %j is refused", (text) => {
  expect(() => annotationsOf({ [key]: text }, now)).toThrow(
    expect.objectContaining({ code: "InvalidArgument" }),
  );
});

test.each([
  ["an empty name", { "": "x" }],
  ["a number", { answer: 42 }],
  ["nothing", { answer: undefined }],
  ["half a surrogate pair", { broken: "\ud800" }],
  ["half a surrogate pair in a name", { "\udc00": "x" }],
  ["more than a manifest holds", { much: "x".repeat(4 * 1024 * 1024) }],
])("an annotation with %s is refused", (_name, annotations) => {
  expect(() => annotationsOf(annotations, now)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
});

test("whatever date can be written is one that is taken", () => {
  fc.assert(
    fc.property(
      fc.date({
        min: new Date("0000-01-01T00:00:00Z"),
        max: new Date("9999-12-31T23:59:59Z"),
        noInvalidDate: true,
      }),
      (date) => {
        const text = date.toISOString();
        expect(annotationsOf({ [key]: text }, now)[key]).toBe(text);
      },
    ),
  );
});

test("an annotation of any name arrives", () => {
  const annotations = JSON.parse('{"__proto__": "x", "empty": ""}') as Record<string, string>;
  expect(JSON.parse(JSON.stringify(annotationsOf(annotations, now)))).toEqual({
    ...annotations,
    [key]: "2026-01-02T03:04:05Z",
  });
});
