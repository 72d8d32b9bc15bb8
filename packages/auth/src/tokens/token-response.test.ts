import { describe, expect, test } from "vitest";
import { parseTokenResponse, type Token } from "./token-response.js";

const realm = new URL("https://auth.example/token?tenant=1");
const parse = (reply: unknown): Token => parseTokenResponse(JSON.stringify(reply), realm, "registry.example");

describe("a token holds", () => {
  test.each([
    ["as long as a number says", 120, 120],
    ["as long as a text says", " 120 ", 120],
    ["less than a second, if that is said", 0.5, 0.5],
    ["a day", 86_400, 86_400],
    ["a day at the most", 86_401, 86_400],
    ["a minute for nothing", undefined, 60],
    ["a minute for zero", 0, 60],
    ["a minute for an empty text", "", 60],
    ["a minute for blanks", "  ", 60],
    ["a minute for true", true, 60],
    ["a minute for a list", [120], 60],
    ["a minute for a list of text", ["120"], 60],
    ["a minute for something else", "soon", 60],
  ])("%s", (_how, expiresIn, seconds) => {
    expect(parse({ token: "t", expires_in: expiresIn })).toEqual({ value: "t", lifetimeMs: seconds * 1000 });
  });
});

test.each(["text", 7, null, true, ["token"], [{ token: "t" }]])("%j is no object with a token", (reply) => {
  expect(() => parse(reply)).toThrow(
    "the token server of registry.example (auth.example) answered with something that is not a JSON object",
  );
});

test("an object without a token is told apart from that", () => {
  expect(() => parse({})).toThrow("no token in its reply");
  expect(() => parse({ token: "a b" })).toThrow("does not fit in a header");
});
