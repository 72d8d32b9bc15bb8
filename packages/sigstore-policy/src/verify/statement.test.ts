import { expect, test } from "vitest";
import { readStatement } from "./statement.js";

const sha256 = "a".repeat(64);
const payloadType = "application/vnd.in-toto+json";
const usual = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ digest: { sha512: "b", sha256: "c".repeat(64) } }, { digest: { sha256 } }],
  predicateType: "https://example.com/type",
  predicate: [1],
};
const read = (change: Record<string, unknown> = {}, type = payloadType): unknown =>
  readStatement({ payloadType: type, payload: Buffer.from(JSON.stringify({ ...usual, ...change })) }, sha256);

test.each(["https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"])("%s", (_type) => {
  expect(read({ _type })).toEqual({ predicateType: "https://example.com/type", predicate: [1] });
});

test.each([
  ["of another payload type", () => read({}, "application/json"), "the payload type application/json"],
  [
    "of another type",
    () => read({ _type: "https://in-toto.io/Statement/v2" }),
    "of the type https://in-toto.io/Statement/v2",
  ],
  ["without a type", () => read({ _type: undefined }), "of the type nothing"],
  ["without subjects", () => read({ subject: [] }), "no subject"],
  [
    "whose subjects are no list",
    () => read({ subject: { 0: { digest: { sha256 } }, length: 1 } }),
    "no subject",
  ],
  ["about something else", () => read({ subject: [{ digest: { sha256: "d" } }] }), "about sha256:d, not"],
  [
    "about something without a SHA-256",
    () => read({ subject: [{ digest: { sha512: sha256 } }] }),
    "about sha256:nothing",
  ],
  ["without a predicate type", () => read({ predicateType: undefined }), "no predicate type"],
  ["with an empty predicate type", () => read({ predicateType: "" }), "no predicate type"],
  [
    "with a predicate type that is a list",
    () => read({ predicateType: ["https://example.com/type"] }),
    "no predicate type",
  ],
])("a statement %s is refused", (_what, attempt, message) => {
  expect(attempt).toThrow(message);
});
