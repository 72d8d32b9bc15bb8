import { expect, test } from "vitest";
import { AuthError, isAuthError } from "./errors.js";

test("an error tells its code, what it is about, and its cause", () => {
  const cause = new Error("EACCES");
  const error = new AuthError("UnreadableCredentialsFile", "cannot be read", { file: "config.json", cause });
  expect(error).toMatchObject({
    name: "AuthError",
    code: "UnreadableCredentialsFile",
    file: "config.json",
    cause,
  });
  expect(error).toBeInstanceOf(Error);
  expect("cause" in new AuthError("TokenRefused", "refused")).toBe(false);
});

test("errors of another copy of this package are recognised, and nothing else is", () => {
  class OtherCopy extends Error {
    override readonly name = "AuthError";
    readonly code = "TokenRefused";
  }
  Object.defineProperty(OtherCopy.prototype, Symbol.for("@blob/error"), { value: true });
  expect(isAuthError(new AuthError("TokenRefused", "refused"))).toBe(true);
  expect(isAuthError(new OtherCopy())).toBe(true);
  for (const other of [new Error("TokenRefused"), undefined, null, "TokenRefused", {}]) {
    expect(isAuthError(other)).toBe(false);
  }
});
