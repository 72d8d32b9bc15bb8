import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChallenges } from "./challenge.js";

/** Challenges as plain data. */
function read(header: string): unknown[] {
  return parseChallenges(header).map(({ scheme, parameters, token68 }) => [
    scheme,
    Object.fromEntries(parameters),
    ...(token68 === undefined ? [] : [token68]),
  ]);
}

describe("parseChallenges reads", () => {
  const bearer = ["bearer", { realm: "https://a.io/t", service: "a.io", scope: "repository:a/b:pull,push" }];
  const cases: readonly (readonly [name: string, header: string, expected: unknown[]])[] = [
    ["nothing", "", []],
    [
      "a bearer challenge",
      `Bearer realm="https://a.io/t",service="a.io",scope="repository:a/b:pull,push"`,
      [bearer],
    ],
    [
      "any case and spaces",
      `BEARER  Realm = "https://a.io/t" , SERVICE="a.io", scope="repository:a/b:pull,push"`,
      [bearer],
    ],
    [
      "several",
      `Basic realm="x", Bearer realm="y"`,
      [
        ["basic", { realm: "x" }],
        ["bearer", { realm: "y" }],
      ],
    ],
    [
      "several without parameters",
      "Negotiate, NTLM, Basic realm=x",
      [
        ["negotiate", {}],
        ["ntlm", {}],
        ["basic", { realm: "x" }],
      ],
    ],
    [
      "token68",
      "Negotiate oRQwEqADCgEB==, Basic realm=x",
      [
        ["negotiate", {}, "oRQwEqADCgEB=="],
        ["basic", { realm: "x" }],
      ],
    ],
    [
      "escapes",
      String.raw`Basic realm="a \"quoted\", \\ realm"`,
      [["basic", { realm: String.raw`a "quoted", \ realm` }]],
    ],
    ["an empty string", `Bearer realm="",service="s"`, [["bearer", { realm: "", service: "s" }]]],
    [
      "a URL without quotes",
      "Bearer realm=https://a.io/t?x=1,service=a.io",
      [["bearer", { realm: "https://a.io/t?x=1", service: "a.io" }]],
    ],
    ["empty list elements", `, ,Basic realm="x",, ,`, [["basic", { realm: "x" }]]],
    ["the first of two realms", `Basic realm="x", realm="y"`, [["basic", { realm: "x" }]]],
    [
      "challenges without a comma between",
      `Bearer realm="x" Basic realm="y"`,
      [
        ["bearer", { realm: "x" }],
        ["basic", { realm: "y" }],
      ],
    ],
    [
      "what comes before a string that does not end",
      `Basic realm="x", Bearer realm="y`,
      [
        ["basic", { realm: "x" }],
        ["bearer", {}],
      ],
    ],
    ["on after garbage", `(%&/), "junk, Basic realm=z", Bearer realm="y"`, [["bearer", { realm: "y" }]]],
    ["nothing from parameters of no scheme", `realm="x", service="y"`, []],
    [
      "parameter names that objects have already",
      `Basic __proto__="x", constructor="y"`,
      [
        [
          "basic",
          Object.fromEntries([
            ["__proto__", "x"],
            ["constructor", "y"],
          ]),
        ],
      ],
    ],
  ];
  test.each(cases)("%s", (_name, header, expected) => {
    expect(read(header)).toEqual(expected);
  });
});

const tokenChars = "abcXYZ019!#$%&'*+-.^_`|~";
const token = fc.string({ unit: fc.constantFrom(...tokenChars.split("")), minLength: 1, maxLength: 8 });
const quotedString = fc
  .string({ maxLength: 20 })
  .map((value) => ({ value, text: `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"` }));
const value = fc.oneof(
  quotedString,
  token.map((text) => ({ value: text, text })),
);
const challenge = fc.record({
  scheme: token,
  parameters: fc.uniqueArray(fc.record({ name: token, value }), {
    selector: ({ name }) => name.toLowerCase(),
    maxLength: 5,
  }),
});

test("parseChallenges reads back every list of challenges that the grammar allows", () => {
  fc.assert(
    fc.property(
      fc.array(challenge, { maxLength: 5 }),
      fc.constantFrom(",", ", ", " ,\t, "),
      (challenges, comma) => {
        const header = challenges
          .map(({ scheme, parameters }) => {
            const list = parameters.map((one) => `${one.name}=${one.value.text}`).join(comma);
            return list === "" ? scheme : `${scheme} ${list}`;
          })
          .join(comma);
        expect(
          parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, parameters: [...parameters] })),
        ).toEqual(
          challenges.map(({ scheme, parameters }) => ({
            scheme: scheme.toLowerCase(),
            parameters: parameters.map((one) => [one.name.toLowerCase(), one.value.value]),
          })),
        );
      },
    ),
  );
});

test("parseChallenges never throws, and always comes to an end", () => {
  const fragment = fc.constantFrom(
    "Bearer",
    "realm",
    "=",
    '"',
    "\\",
    ",",
    " ",
    "\t",
    "a/b==",
    "\0",
    "é",
    "(",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(fragment).map((all) => all.join("")),
      ),
      (header) => {
        for (const { scheme } of parseChallenges(header)) expect(scheme).toBe(scheme.toLowerCase());
      },
    ),
  );
});

test("parseChallenges reads only so much of a header without end", () => {
  expect(parseChallenges("x, ".repeat(100_000))).toHaveLength(32);
  expect(parseChallenges(`Bearer realm="${"x".repeat(1_000_000)}", service="s"`)).toEqual([
    { scheme: "bearer", parameters: new Map() },
  ]);
  const many = Array.from({ length: 1000 }, (_, index) => `p${index}=1`).join(",");
  expect(parseChallenges(`Bearer ${many}`)[0]?.parameters.size).toBe(64);
});

test("what a challenge does not have is not there, not even as undefined", () => {
  expect(parseChallenges("Basic, Negotiate abc=")).toStrictEqual([
    { scheme: "basic", parameters: new Map() },
    { scheme: "negotiate", parameters: new Map(), token68: "abc=" },
  ]);
});
