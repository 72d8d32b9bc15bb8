import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Quote } from "./bash-line.js";
import { parseBashLine, quoteForBash } from "./bash-line.js";

const breaks = " \t\n\"'><=;|&(:";

describe("a line of bash", () => {
  test.each([
    ["blob ", ["blob"], "", 0, ""],
    ["blob ca", ["blob"], "ca", 0, ""],
    ["blob cat  site:v1 my\\ fi", ["blob", "cat", "site:v1"], "my fi", 0, ""],
    ["blob ls ghcr.io/acme/site:v", ["blob", "ls"], "ghcr.io/acme/site:v", 18, ""],
    ["blob ls --output=js", ["blob", "ls"], "--output=js", 9, ""],
    ['blob cat r "my fi', ["blob", "cat", "r"], "my fi", 0, '"'],
    ["blob cp r:/'my fi", ["blob", "cp"], "r:/my fi", 3, "'"],
    ['blob cp "a b":/c', ["blob", "cp"], "a b:/c", 4, ""],
    ['blob cat "" x', ["blob", "cat", ""], "x", 0, ""],
    ['blob cat "a\\$b\\c" $(rm', ["blob", "cat", "a$b\\c"], "$(rm", 2, ""],
    ["blob cat a\\", ["blob", "cat"], "a", 0, ""],
  ] as const)("%s", (line, words, current, kept, quote) => {
    expect(parseBashLine(line, breaks)).toEqual({ words, current, kept, quote });
  });
});

describe("quoted for bash", () => {
  const names = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((text) => !/[\p{Cc}\s\ufffd]/u.test(text));

  test.each(["", "'", '"'] as const)("with %j open, a name reads back as it was", (quote: Quote) => {
    fc.assert(
      fc.property(names, fc.constantFrom("", " ", "$(id)", "'", '"', "`", "\\", "!!"), (name, more) => {
        const value = name + more + name;
        const line = `blob cat ${quote}${quoteForBash(value, quote)}${quote} `;
        expect(parseBashLine(line, breaks).words).toEqual(["blob", "cat", value]);
      }),
    );
  });

  test.each(["", "'", '"'] as const)("with %j open, bash itself reads it as it was", (quote: Quote) => {
    const values = fc.sample(fc.string({ minLength: 1, maxLength: 40 }), { numRuns: 300, seed: 7 });
    const words = [
      ...values,
      "~",
      "~root",
      "$(exit 3)",
      "`exit 3`",
      "a*b?[c]{d,e}",
      "#x",
      "!!",
      "it's",
    ].filter((text) => !/\p{Cc}/u.test(text));
    const script = `printf '%s\\0' ${words.map((word) => quote + quoteForBash(word, quote) + quote).join(" ")}`;
    const read = execFileSync("bash", ["-c", script], { encoding: "utf8", cwd: "/" });
    expect(read.split("\0").slice(0, -1)).toEqual(words);
  });
});
