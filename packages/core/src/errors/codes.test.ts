import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { blobErrorCodes } from "./codes.js";

const packages = path.resolve(import.meta.dirname, "../../..");

/** The text of all tests of all packages, but those of the list itself. */
function textOfTests(): string {
  const files = readdirSync(packages).flatMap((name) => {
    const source = path.join(packages, name, "src");
    return readdirSync(source, { recursive: true, encoding: "utf8" }).map((file) => path.join(source, file));
  });
  return files
    .filter((file) => /\.(?:test|contract)\.ts$/u.test(file) && !file.startsWith(import.meta.dirname))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
}

test("every code is in a test that comes across it", () => {
  const tests = textOfTests();
  const isTested = (code: string): boolean =>
    // Expected of an error, or the name of a way to it.
    new RegExp(`"${code}"|^ +(?:async )?${code}[(:]`, "mu").test(tests);
  expect(blobErrorCodes.filter((code) => !isTested(code))).toEqual([]);
});

test("what every code means is told to those who install the client", () => {
  const readme = readFileSync(path.join(packages, "client/README.md"), "utf8");
  expect(blobErrorCodes.filter((code) => !readme.includes(`| \`${code}\``))).toEqual([]);
});
