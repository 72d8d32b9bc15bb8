import { expect, test } from "vitest";
import { expandAlias } from "./aliases.js";
import { configPath } from "./config-path.js";
import { matchingRules } from "./match-reference.js";
import { parseConfig } from "./parse-config.js";
import { durationText, parseDuration, parseSize, sizeText } from "./quantities.js";

const digest = `sha256:${"a".repeat(64)}`;

test("a whole configuration", () => {
  const text = `# mine
output: json
compression: none
plain_http: true
cache:
  enabled: true
  dir: /var/cache/blob
  max_size: 2GiB
  ref_ttl: 15m
  content: {enabled: false}
aliases:
  site: ghcr.io/acme/site:v1
policies:
  - match: ghcr\\.io/acme/.*
    policy: {signature: {keyless: {issuer: https://x, identity: y}}}
`;
  expect(parseConfig(text, "c.yaml")).toEqual({
    output: "json",
    compression: "none",
    plain_http: true,
    cache: {
      enabled: true,
      dir: "/var/cache/blob",
      max_size: 2 * 2 ** 30,
      ref_ttl: 900_000,
      content: { enabled: false },
    },
    aliases: { site: "ghcr.io/acme/site:v1" },
    policies: [
      {
        match: "ghcr\\.io/acme/.*",
        policy: { signature: { keyless: { issuer: "https://x", identity: "y" } } },
        place: "c.yaml:14",
      },
    ],
  });
});

test.each([
  ["outptu: json", "c.yaml:1: unknown key outptu (did you mean output?)"],
  ["output: text\ncache:\n  maxsise: 1", "c.yaml:3: unknown key cache.maxsise (did you mean max_size?)"],
  ["output: xml", "c.yaml:1: output has to be text or json"],
  ["\nplain_http: 'yes'", "c.yaml:2: plain_http has to be true or false"],
  ["cache: {max_size: lots}", "c.yaml:1: cache.max_size has to be a size, such as 512MiB"],
  ["cache: {ref_ttl: 5}", "c.yaml:1: cache.ref_ttl has to be a duration, such as 15m"],
  ["cache: []", "c.yaml:1: cache has to be a mapping"],
  ["aliases: {a/b: x}", "c.yaml:1: aliases.a/b is not an alias"],
  ["aliases: {a: [x]}", "c.yaml:1: aliases.a has to be a reference"],
  ["policies: {}", "c.yaml:1: policies has to be a list"],
  ["policies:\n- match: x", "c.yaml:2: policies[0] has no policy"],
  ["policies:\n- {match: x, policy: strict}", "c.yaml:2: policies[0].policy has to be a mapping"],
  ["policies:\n- {match: x, policy: {a: &a {b: 1}, c: *a}}", "YAML alias"],
  ["output: json\noutput: text", "c.yaml:2: "],
  ["output: [json", "c.yaml:1: "],
  ["- a", "c.yaml:1: the file has to be a mapping"],
  ["constructor: 1", "unknown key constructor"],
  ["aliases: {__proto__: {x: 1}}", "is not an alias"],
])("%j is an error with its line", (text, message) => {
  expect(() => parseConfig(text, "c.yaml")).toThrow(
    expect.objectContaining({ code: "InvalidConfig", message: expect.stringContaining(message) as string }),
  );
});

test.each([
  ["site", "ghcr.io/acme/site:v1"],
  ["site:v2", "ghcr.io/acme/site:v2"],
  [`site@${digest}`, `ghcr.io/acme/site@${digest}`],
  ["local", "localhost:5000/site"],
  ["local:v2", "localhost:5000/site:v2"],
  ["pinned:v2", "ghcr.io/acme/site:v2"],
  ["layout:v2", "oci:/srv/layout:v2"],
  ["drive:v2", "oci:C:\\layout:v2"],
  ["drive", "oci:C:\\layout"],
  ["oci:C:\\layout:v1", "oci:C:\\layout:v1"],
  ["file:C:\\layout", "file:C:\\layout"],
  ["files", "file:/srv/archive"],
  ["other", "other"],
  ["ghcr.io/site", "ghcr.io/site"],
  ["oci:site", "oci:site"],
  ["constructor", "constructor"],
])("%s stands for %s", (text, reference) => {
  const aliases = {
    site: "ghcr.io/acme/site:v1",
    local: "localhost:5000/site",
    pinned: `ghcr.io/acme/site:v1@${digest}`,
    layout: "oci:/srv/layout",
    drive: "oci:C:\\layout",
    files: "file:/srv/archive",
  };
  expect(expandAlias(text, aliases)).toBe(reference);
});

test("a local archive has no tags", () => {
  expect(() => expandAlias("files:v1", { files: "file:/srv" })).toThrow(/neither tags nor digests/u);
});

test.each([
  ["^ghcr\\.io/acme/", "ghcr.io/acme/site:v1", true],
  ["acme", "ghcr.io/acme/site:v1", true],
  ["^acme", "ghcr.io/acme/site:v1", false],
  ["^ghcr\\.io/acme$", "ghcr.io/acme/site:v1", false],
  // What is left out does not leave the policy out.
  ["ghcr\\.io/acme/site:latest$", "ghcr.io/acme/site", true],
  ["^ghcr\\.io/a$|^ghcr\\.io/acme/site:v1$", "ghcr.io/acme/site:v1", true],
  ["^oci:/srv/.*:latest$", "oci:/srv/layout", true],
  ["^oci:", "oci:./layout:v1", true],
])("%s on %s: %s", (match, reference, matches) => {
  expect(matchingRules([{ match, policy: {}, place: "c.yaml:1" }], reference)).toHaveLength(matches ? 1 : 0);
});

test.each([["(a+)+b"], ["("], ["a)|(b"]])("the expression %s is an error, not a policy less", (match) => {
  const rule = { match, policy: {}, place: "c.yaml:7" };
  expect(() => matchingRules([rule], `${"a".repeat(60)}.io/x`)).toThrow(
    expect.objectContaining({
      code: "InvalidConfig",
      message: expect.stringContaining("c.yaml:7") as string,
    }),
  );
});

test("sizes and durations", () => {
  expect([
    parseSize("0"),
    parseSize("10kB"),
    parseSize("1.5 GiB"),
    parseSize("1e3"),
    parseSize("-1"),
  ]).toEqual([0, 10_000, 1.5 * 2 ** 30, undefined, undefined]);
  expect([parseDuration("0"), parseDuration("1h30m"), parseDuration("500ms"), parseDuration("5")]).toEqual([
    0,
    5_400_000,
    500,
    undefined,
  ]);
});

test("where the file is", () => {
  const homeDirectory = "/home/me";
  expect(configPath({ env: {}, homeDirectory }).file).toBe("/home/me/.config/blob/config.yaml");
  expect(configPath({ env: { XDG_CONFIG_HOME: "/x" }, homeDirectory }).file).toBe("/x/blob/config.yaml");
  expect(configPath({ env: { BLOB_CONFIG: "/b" }, homeDirectory })).toEqual({ file: "/b", named: true });
  expect(configPath({ env: { BLOB_CONFIG: "/b" }, homeDirectory }, "/f")).toEqual({
    file: "/f",
    named: true,
  });
});

test("what the Go command writes is read, with every null and empty value", async () => {
  const { readFile } = await import("node:fs/promises");
  const file = new URL("../../fixtures/go-command/config-as-written.yaml", import.meta.url);
  const text = await readFile(file, "utf8");
  expect(parseConfig(text, "c.yaml")).toEqual({
    output: "json",
    verbose: 0,
    quiet: false,
    no_color: false,
    plain_http: true,
    compression: "zstd",
    cache: { enabled: true, max_size: 5e9, ref_ttl: 300_000 },
    aliases: {},
    policies: [],
  });
});

test.each([
  ["plainhttp: true", { plain_http: true }],
  ["plain-http: true", { plain_http: true }],
  ["no-color: true", { no_color: true }],
  ["nocolor: true", { no_color: true }],
  ["verbose: 2\nquiet: true", { verbose: 2, quiet: true }],
  ["cache: {maxsize: 1GB, refttl: 1h}", { cache: { max_size: 1e9, ref_ttl: 3_600_000 } }],
  [
    "cache: {maxsize: '', refttl: '', dir: '', content: null, refs: {enabled: null}}",
    { cache: { refs: {} } },
  ],
  ["cache: null\naliases: null\npolicies: null", {}],
])("%s is read as the Go command means it", (text, expected) => {
  expect(parseConfig(text, "c.yaml")).toEqual(expected);
});

test("a rule as the Go command writes it has only what it requires, and who signs is never left out", () => {
  const slsa = "{builder: https://b, repository: '', branch: '', tag: ''}";
  const signature = "{keyless: {issuer: '', identity: ''}, key: null}";
  const text = `policies:\n- match: x\n  policy: {signature: ${signature}, provenance: {slsa: ${slsa}}}\n- match: y\n  policy: {signature: null, provenance: null}`;
  expect(parseConfig(text, "c.yaml").policies?.map(({ policy }) => policy)).toEqual([
    {
      signature: { keyless: { issuer: "", identity: "" } },
      provenance: { slsa: { builder: "https://b" } },
    },
    {},
  ]);
});

test.each([
  [
    "plain_http: true\nplainhttp: false",
    "c.yaml:2: plainhttp is there twice: plain_http is the same setting",
  ],
  ["verbose: -1", "c.yaml:1: verbose has to be a whole number"],
  ["cache:\n  maxsizes: 1", "c.yaml:2: unknown key cache.maxsizes"],
  ["output: null", "c.yaml:1: output has to be text or json"],
  ["policies:\n- match: x\n  policy: null", "c.yaml:3: policies[0].policy has to be a mapping"],
])("%j is refused", (text, message) => {
  expect(() => parseConfig(text, "c.yaml")).toThrow(message);
});

test.each([5e9, 1, 1500, 2 ** 30, 0])("%d bytes are written so that they are read again", (bytes) => {
  expect(parseSize(sizeText(bytes))).toBe(bytes);
});

test.each([300_000, 5_400_000, 500, 61_001])("%d ms are written so that they are read again", (duration) => {
  expect(parseDuration(durationText(duration))).toBe(duration);
});
