import { expect, test } from "vitest";
import { basicValue, checkCredential, isSendableToken } from "./authorization-value.js";

test("a token of 64 KiB fits into a header, and a longer or an empty one does not", () => {
  expect(isSendableToken("x".repeat(64 * 1024))).toBe(true);
  expect(isSendableToken("x".repeat(64 * 1024 + 1))).toBe(false);
  expect(isSendableToken("x")).toBe(true);
  expect(isSendableToken("")).toBe(false);
});

test.each([" ", "\t", "\r", "\n", "\0", "\x7f", "\u00e9", "\u2028"])(
  "%j fits in at no place of a token",
  (character) => {
    for (const token of [character, `${character}ab`, `a${character}b`, `ab${character}`]) {
      expect(isSendableToken(token)).toBe(false);
    }
  },
);

test("a user name with a colon would move a part of it into the password", () => {
  const check = (username: string) => () =>
    checkCredential({ kind: "basic", username, password: "a:b" }, "test", "registry.example");
  expect(check("ann")).not.toThrow();
  expect(check("an:n")).toThrow(
    expect.objectContaining({ code: "InvalidCredential", host: "registry.example" }),
  );
  expect(Buffer.from(basicValue("ann", "a:b").slice(6), "base64").toString()).toBe("ann:a:b");
});
