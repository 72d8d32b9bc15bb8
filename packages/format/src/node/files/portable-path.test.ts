import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { isFormatError } from "../../errors.js";
import { checkWritablePath } from "./portable-path.js";

const refused = (path: string, platform: NodeJS.Platform): boolean => {
  try {
    checkWritablePath(path, platform);
    return false;
  } catch (error) {
    if (isFormatError(error) && error.code === "InvalidPath") return true;
    throw error;
  }
};

describe("checkWritablePath", () => {
  test.each(["", "/etc/passwd", "../up", "a/../b", "a/./b", "a//b", "a/", "nul\0byte", ".", ".."])(
    "refuses %j everywhere",
    (path) => {
      expect(refused(path, "linux")).toBe(true);
      expect(refused(path, "darwin")).toBe(true);
      expect(refused(path, "win32")).toBe(true);
    },
  );

  test.each([
    "C:/windows",
    "c:relative",
    "a\\b",
    "..\\..\\up",
    "file:stream",
    "con",
    "a/NUL",
    "aux.txt",
    "com1",
    "Lpt9.tar.gz",
    "COM¹",
    "CONIN$",
    "con .txt",
    "trailing.",
    "trailing /file",
    "what?",
    "a*b",
    'a"b',
    "a|b",
    "a<b",
    "tab\there",
  ])("refuses %j on Windows only", (path) => {
    expect(refused(path, "win32")).toBe(true);
    expect(refused(path, "linux")).toBe(false);
  });

  test.each([
    "console",
    "com10",
    "com",
    "null",
    "a.con",
    "lpt",
    "auxiliary.txt",
    ".gitignore",
    "a b/c.d",
    "...",
  ])("knows that %j is nothing special", (path) => {
    expect(refused(path, "linux")).toBe(false);
    expect(refused(path, "win32")).toBe(path === "...");
  });

  test("refuses paths that no system can open by name", () => {
    expect(refused("é/".repeat(1500) + "x", "linux")).toBe(true);
    expect(refused("d/".repeat(2000) + "x", "linux")).toBe(false);
  });

  test("throws nothing but InvalidPath", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.constantFrom("win32", "linux", "darwin"),
        (path, platform) => {
          refused(path, platform);
        },
      ),
    );
  });
});
