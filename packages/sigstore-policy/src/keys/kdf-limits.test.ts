import { describe, expect, test } from "vitest";
import { isPolicyError } from "../errors.js";
import { checkPbkdf2Cost, checkScryptCost, scryptMemory } from "./kdf-limits.js";

function codeOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isPolicyError(error)) return error.code;
    throw error;
  }
}

describe("scrypt", () => {
  test.each([
    ["as much memory and as many times as are allowed", { N: 2 ** 17, r: 8, p: 4 }, undefined],
    ["the least that there is", { N: 2, r: 1, p: 1 }, undefined],
    ["a little more memory", { N: 2 ** 17, r: 9, p: 1 }, "UnsupportedKey"],
    ["once more", { N: 2, r: 1, p: 5 }, "UnsupportedKey"],
    ["N = 1", { N: 1, r: 8, p: 1 }, "InvalidKey"],
    ["N = 0", { N: 0, r: 8, p: 1 }, "InvalidKey"],
    ["N = 1/2", { N: 0.5, r: 8, p: 1 }, "InvalidKey"],
    ["an N that is no power of two", { N: 3, r: 8, p: 1 }, "InvalidKey"],
    ["an N that is not exact", { N: 2 ** 53, r: 1, p: 1 }, "InvalidKey"],
    ["an infinite N", { N: Infinity, r: 1, p: 1 }, "InvalidKey"],
    ["r = 0", { N: 2, r: 0, p: 1 }, "InvalidKey"],
    ["r = -1", { N: 2, r: -1, p: 1 }, "InvalidKey"],
    ["a fraction of r", { N: 2, r: 1.5, p: 1 }, "InvalidKey"],
    ["p = 0", { N: 2, r: 1, p: 0 }, "InvalidKey"],
    ["a fraction of p", { N: 2, r: 1, p: 1.5 }, "InvalidKey"],
  ])("with %s", (_what, cost, code) => {
    expect(codeOf(() => checkScryptCost(cost, "it"))).toBe(code);
  });

  test("takes the memory that its RFC says", () => {
    // The large array has N blocks of 128 r bytes; one more for each p, and two to work with.
    expect(scryptMemory({ N: 2 ** 17, r: 8, p: 1 })).toBe(128 * 8 * (2 ** 17 + 3));
    expect(scryptMemory({ N: 2, r: 1, p: 4 })).toBe(1024);
  });
});

test("PBKDF2 with as many iterations as are allowed, and with one more", () => {
  expect(codeOf(() => checkPbkdf2Cost(2_000_000, "it"))).toBeUndefined();
  expect(codeOf(() => checkPbkdf2Cost(2_000_001, "it"))).toBe("UnsupportedKey");
});
