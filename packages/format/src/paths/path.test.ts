import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { comparePaths } from "./compare-bytes.js";
import { canonicalPath, isValidPath, normalizePath, validatePath } from "./path.js";

const refused: [string, string][] = [
  ["empty", ""],
  ["a leading slash", "/a"],
  ["a trailing slash", "a/"],
  ["an empty element", "a//b"],
  ["only a dot", "."],
  ["a dot element first", "./a"],
  ["a dot element inside", "a/./b"],
  ["a dot element last", "a/."],
  ["the parent directory", ".."],
  ["a parent element first", "../a"],
  ["a parent element inside", "a/../b"],
  ["a parent element last", "a/.."],
  ["a NUL", "a\0b"],
  ["a lone high surrogate", "a\ud83d"],
  ["a lone low surrogate", "\ude00a"],
];

describe("not a path of an archive", () => {
  for (const [name, path] of refused) {
    test(name, () => {
      expect(isValidPath(path)).toBe(false);
      expect(() => validatePath(path)).toThrow(expect.objectContaining({ code: "InvalidPath", path }));
    });
  }
});

test.each([
  ["", "it is empty"],
  ["a\0b", "it contains a NUL character"],
  ["/a", "it begins with a slash"],
  ["a/", "it ends with a slash"],
  ["a//b", 'it has an empty, "." or ".." element'],
  ["..", 'it has an empty, "." or ".." element'],
  ["a\ud83d", "it is not valid Unicode"],
])("%j is refused, and told why", (path, why) => {
  expect(() => validatePath(path)).toThrow(
    expect.objectContaining({ message: `${JSON.stringify(path)} is not a valid archive path: ${why}` }),
  );
});

test("names that only look like special elements are paths", () => {
  for (const path of ["...", ".a", "a.", "..a/b", "a/...", "a b", "a\\b", "c:/x", "\u{1f600}", "a\nb"]) {
    expect(isValidPath(path)).toBe(true);
  }
});

describe("a caller's spelling", () => {
  test("slashes too many are dropped", () => {
    expect(normalizePath("/a//b/")).toBe("a/b");
    for (const path of ["a/b", "/a/b", "a/b/", "a//b", "//a/b", "a/b//"]) {
      expect(normalizePath(path)).toBe("a/b");
      expect(canonicalPath(path)).toBe("a/b");
    }
  });
  test("nothing left is the root", () => {
    for (const path of ["", ".", "/", "//", "/./"]) expect(normalizePath(path)).toBe(".");
  });
  test("elements that climb are refused, not resolved", () => {
    for (const path of ["..", "/../a", "a/../b", "./a", "a/."]) {
      expect(() => normalizePath(path)).toThrow(expect.objectContaining({ code: "InvalidPath" }));
      expect(canonicalPath(path)).toBeUndefined();
    }
  });
  test("is normalised to itself or a valid path, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("/", ".", "a", "\0", "\ud800", "é") }), (text) => {
        const path = canonicalPath(text);
        if (path === undefined) expect(() => normalizePath(text)).toThrow(/not a valid archive path/);
        else {
          expect(normalizePath(text)).toBe(path);
          expect(normalizePath(path)).toBe(path);
          expect(path === "." || isValidPath(path)).toBe(true);
        }
      }),
    );
  });
  test("a million slashes are dropped in no time", () => {
    expect(normalizePath(`a${"/".repeat(1_000_000)}b`)).toBe("a/b");
  });
});

describe("paths are compared by their bytes", () => {
  test("where slashes, dots and dashes meet", () => {
    expect(["a/b", "a.txt", "a-b", "a"].toSorted(comparePaths)).toEqual(["a", "a-b", "a.txt", "a/b"]);
  });
  test("characters above U+FFFF come after U+E000..FFFF", () => {
    expect(comparePaths("\u{10000}", "\uffff")).toBeGreaterThan(0);
    // JavaScript's own order is the other one.
    expect(["\u{10000}", "\uffff"].toSorted()).toEqual(["\u{10000}", "\uffff"]);
  });
  test("like Buffer.compare, for any strings", () => {
    const character = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.string({ unit: "grapheme", maxLength: 8 }),
    );
    fc.assert(
      fc.property(character, character, (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});
