import { expect, test } from "vitest";
import type { BlobErrorCode } from "./index.js";
import { BlobError, blobErrorCodes, isBlobError } from "./index.js";

class TestError extends BlobError {
  override readonly name = "TestError";
  override readonly code: BlobErrorCode;
  constructor(code: BlobErrorCode, ...rest: ConstructorParameters<typeof BlobError>) {
    super(...rest);
    this.code = code;
  }
}

test("an error tells its code, what it is about, and its cause where there is one", () => {
  const cause = new Error("ENOENT");
  const error = new TestError("NotFound", "it is gone", { what: "blob", reference: "host/repo:tag", cause });
  expect(error).toMatchObject({ code: "NotFound", what: "blob", reference: "host/repo:tag", cause });
  expect(error.message).toBe("it is gone");
  expect("cause" in new TestError("Closed", "over")).toBe(false);
});

test("an error of ours is recognised, and its code narrowed", () => {
  const error: unknown = new TestError("Closed", "over");
  expect(isBlobError(error)).toBe(true);
  if (!isBlobError(error)) return;
  const code: BlobErrorCode = error.code;
  expect(code).toBe("Closed");
});

test("so is that of another copy or version of the package, by its brand", () => {
  class OtherCopy extends Error {
    readonly code = "FromTheFuture";
  }
  Object.defineProperty(OtherCopy.prototype, Symbol.for("@blob/error"), { value: true });
  expect(isBlobError(new OtherCopy())).toBe(true);
});

test.each([
  ["no error at all", undefined],
  ["null", null],
  ["a text", "NotFound"],
  ["an error with a code", Object.assign(new Error("x"), { code: "NotFound" })],
  ["a system's error", Object.assign(new Error("x"), { code: "ENOENT" })],
  ["a brand without a code", Object.assign(new Error("x"), { [Symbol.for("@blob/error")]: true })],
  [
    "a brand and a code that is none",
    Object.assign(new Error("x"), { [Symbol.for("@blob/error")]: true, code: 7 }),
  ],
  ["a brand and no error", { [Symbol.for("@blob/error")]: true, code: "NotFound" }],
  [
    "an error that says no to it",
    Object.assign(new Error("x"), { [Symbol.for("@blob/error")]: false, code: "NotFound" }),
  ],
])("%s is none of ours", (_name, value) => {
  expect(isBlobError(value)).toBe(false);
});

test("every code is there once, and looks like one", () => {
  expect(new Set(blobErrorCodes).size).toBe(blobErrorCodes.length);
  for (const code of blobErrorCodes) expect(isBlobError(new TestError(code, "x"))).toBe(true);
});
