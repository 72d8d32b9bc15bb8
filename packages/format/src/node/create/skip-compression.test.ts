import { describe, expect, test } from "vitest";

import { defaultSkipCompression, skipCompressedExtensions, skipSmallerThan } from "./skip-compression.js";

describe("what is not worth compressing", () => {
  test("by default files below 1024 bytes, and formats that are compressed already", () => {
    const skips = (path: string, size: number): boolean =>
      defaultSkipCompression.some((skip) => skip(path, size));
    expect(skips("a.txt", 1023)).toBe(true);
    expect(skips("a.txt", 1024)).toBe(false);
    expect(skips("a.PNG", 100_000)).toBe(true);
  });

  test.each(["x.jpg", "x.JPEG", "dir.d/x.tar.gz", ".zip", "x.woff2", "x.7z"])(
    "knows %s by its extension",
    (path) => {
      expect(skipCompressedExtensions(path, 1)).toBe(true);
    },
  );

  test.each(["jpg", "x.jpg/y", "x.svg", "x.gz.txt", "x.", ""])(
    "does not mistake %j for a compressed format",
    (path) => {
      expect(skipCompressedExtensions(path, 1)).toBe(false);
    },
  );

  test("a size of the caller's", () => {
    expect(skipSmallerThan(10)("x", 9)).toBe(true);
    expect(skipSmallerThan(10)("x", 10)).toBe(false);
  });
});
