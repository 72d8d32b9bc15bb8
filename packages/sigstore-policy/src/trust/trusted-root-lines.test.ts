import { expect, test } from "vitest";
import { asOneDocument } from "./trusted-root-lines.js";

const mediaType = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";
const one = { mediaType, tlogs: [{ baseUrl: "a" }], certificateAuthorities: [{ uri: "a" }] };
const other = { mediaType, certificateAuthorities: [{ uri: "b" }], timestampAuthorities: [{ uri: "c" }] };
const read = (text: string | Uint8Array): unknown =>
  JSON.parse(Buffer.from(asOneDocument(Buffer.from(text), "root.jsonl")).toString());

test("roots of several lines become one, with the authorities and logs of all", () => {
  expect(read(`${JSON.stringify(one)}\n${JSON.stringify(other)}\n`)).toEqual({
    mediaType,
    tlogs: [{ baseUrl: "a" }],
    certificateAuthorities: [{ uri: "a" }, { uri: "b" }],
    ctlogs: [],
    timestampAuthorities: [{ uri: "c" }],
  });
});

test("one root stays the bytes that it is, on however many lines", () => {
  const bytes = Buffer.from(JSON.stringify(one, undefined, 2));
  expect(asOneDocument(bytes, "root.json")).toBe(bytes);
});

test("a byte order mark is no part of it", () => {
  expect(read(`\ufeff${JSON.stringify(one)}`)).toEqual(one);
  expect(read(Buffer.from(`\ufeff${JSON.stringify(one)}`, "utf16le"))).toEqual(one);
});

test.each([
  ["a line that is no JSON", `${JSON.stringify(one)}\n<html>`, "line 2 of root.jsonl is not JSON"],
  [
    "a line that is no trusted root",
    `${JSON.stringify(one)}\n{"mediaType":"x"}`,
    "line 2 of root.jsonl is not a trusted root",
  ],
  [
    "a name twice, which two readers could read in two ways",
    `{"mediaType":"x","mediaType":"${mediaType}"}\n{}`,
    "line 1",
  ],
  ["too many lines", `${JSON.stringify(one)}\n`.repeat(33), "more than 32 lines"],
])("%s is an error", (_name, text, message) => {
  expect(() => asOneDocument(Buffer.from(text), "root.jsonl")).toThrow(message);
});
