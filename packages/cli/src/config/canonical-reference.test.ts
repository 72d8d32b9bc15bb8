import { mkdir, symlink } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canonicalReference } from "./canonical-reference.js";
import { matchingRules } from "./match-reference.js";

const digest = `sha256:${"a".repeat(64)}`;
let directory: TemporaryDirectory;
/** With all links resolved, as a temporary directory may be behind one. */
let root: string;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  root = canonicalReference(`file:${directory.path}`).slice("file:".length);
  await writeTree(root, {
    "real/index.json": "{}",
    "archive/index.blob": "",
    "a%6fb/index.json": "{}",
  });
  await symlink("real", path.join(root, "link"));
  await symlink("link", path.join(root, "link-to-link"));
  await mkdir(path.join(root, "disguised"));
  await symlink("../real/index.json", path.join(root, "disguised", "index.json"));
});
afterAll(() => directory.remove());

test.each([
  ["ghcr.io/acme/site", "ghcr.io/acme/site:latest"],
  ["GHCR.IO/acme/site:V1", "ghcr.io/acme/site:V1"],
  [`ghcr.io/acme/site:v1@${digest}`, `ghcr.io/acme/site:v1@${digest}`],
  [`ghcr.io/acme/site@${digest}`, `ghcr.io/acme/site@${digest}`],
  ["ghcr.io:443/acme/site:v1", "ghcr.io/acme/site:v1"],
  ["ghcr.io:0443/acme/site:v1", "ghcr.io/acme/site:v1"],
  ["ghcr.io:80/acme/site:v1", "ghcr.io:80/acme/site:v1"],
  ["ghcr.io./acme/site:v1", "ghcr.io/acme/site:v1"],
  ["ghcr.io.:443/acme/site:v1", "ghcr.io/acme/site:v1"],
  ["127.1:5000/a:v1", "127.0.0.1:5000/a:v1"],
  ["0x7f.1:5000/a:v1", "127.0.0.1:5000/a:v1"],
  ["127.0.0.1.:5000/a:v1", "127.0.0.1:5000/a:v1"],
  ["2130706433:5000/a:v1", "127.0.0.1:5000/a:v1"],
  ["0177.0.0.1/a:v1", "127.0.0.1/a:v1"],
  ["[0:0:0:0:0:0:0:1]:5000/a:v1", "[::1]:5000/a:v1"],
  ["[::ffff:127.0.0.1]:5000/a:v1", "127.0.0.1:5000/a:v1"],
  ["[0:0:0:0:0:FFFF:7F00:0001]/a:v1", "127.0.0.1/a:v1"],
  ["docker.io/node", "docker.io/library/node:latest"],
  ["index.docker.io/node", "docker.io/library/node:latest"],
  ["registry-1.docker.io:443/node", "docker.io/library/node:latest"],
  ["REGISTRY-1.docker.io.:443/library/node:20", "docker.io/library/node:20"],
])("%s is %s", (written, canonical) => {
  expect(canonicalReference(written)).toBe(canonical);
});

test("without TLS, 80 is the default port", () => {
  expect(canonicalReference("ghcr.io:80/a:v1", { plainHttp: true })).toBe("ghcr.io/a:v1");
  expect(canonicalReference("ghcr.io:443/a:v1", { plainHttp: true })).toBe("ghcr.io:443/a:v1");
});

test.each([
  ["ROOT/real", "ROOT/real"],
  ["ROOT/./real/", "ROOT/real"],
  ["ROOT//real/../real/.", "ROOT/real"],
  ["ROOT/link", "ROOT/real"],
  ["ROOT/link-to-link/.", "ROOT/real"],
  ["ROOT/link/gone/x", "ROOT/real/gone/x"],
  ["ROOT/a%6fb", "ROOT/a%6fb"],
  ["ROOT/re%61l", "ROOT/re%61l"],
])("a layout or local archive at %s is at %s", (written, canonical) => {
  const from = written.replace("ROOT", root);
  const to = canonical.replace("ROOT", root);
  expect(canonicalReference(`oci:${from}:v1`)).toBe(`oci:${to}:v1`);
  expect(canonicalReference(`file:${from}`)).toBe(`file:${to}`);
  const relative = path.relative(process.cwd(), from);
  expect(canonicalReference(`oci:${relative}@${digest}`)).toBe(`oci:${to}@${digest}`);
  expect(canonicalReference(`oci:${relative}`)).toBe(`oci:${to}:latest`);
});

test.each([
  "ghcr.io/acme/site:v1\n",
  "ghcr.io\t/acme/site",
  "oci:/srv/\nlayout:v1",
  "oci:/srv/layout\u2029:v1",
  "file:/srv/\r\narchive",
  "file:/srv/\u0000",
  "ghcr.io/acme/../other/site:v1",
  "ghcr.io/acme%2Fsite:v1",
  "ghcr%2Eio/acme/site:v1",
  "https://ghcr.io/acme/site:v1",
  "user@ghcr.io/acme/site:v1",
  "[::1%25lo]/a",
  "not-a-host/a",
])("%j is refused", (reference) => {
  expect(() => canonicalReference(reference)).toThrow(expect.objectContaining({ code: "InvalidReference" }));
});

describe("no spelling of a place leads past a rule", () => {
  const meets = (match: string, reference: string, aliases = {}): boolean =>
    matchingRules([{ match, policy: {}, place: "c.yaml:1" }], reference, aliases).length === 1;
  const anyCase = (text: string): fc.Arbitrary<string> =>
    fc.constantFrom(
      text,
      text.toUpperCase(),
      text.replace(/[a-z]/u, (first) => first.toUpperCase()),
    );
  const host = fc.constantFrom("ghcr.io", "docker.io", "127.0.0.1", "[::1]").chain((one) =>
    fc.tuple(
      fc.constant(one),
      fc
        .constantFrom(
          ...{
            "ghcr.io": ["ghcr.io", "ghcr.io."],
            "docker.io": ["docker.io", "index.docker.io", "registry-1.docker.io."],
            "127.0.0.1": [
              "127.1",
              "0x7f.0.0.1",
              "127.0.1",
              "0177.0.0.1",
              "[::ffff:127.0.0.1]",
              "[::ffff:7f00:1]",
            ],
            "[::1]": ["[::1]", "[0::1]", "[0:0:0:0:0:0:0:1]", "[::0.0.0.1]"],
          }[one],
        )
        .chain(anyCase),
      fc.constantFrom("", ":443", ":0443", ":80"),
    ),
  );

  test("in a registry", () => {
    fc.assert(
      fc.property(host, fc.boolean(), ([canonical, written, port], aliased) => {
        const match = `^${canonical.replaceAll(/[.[\]]/gu, "\\$&")}/acme/site:latest$`;
        const reference = `${written}${port}/acme/site`;
        expect(meets(match, reference)).toBe(true);
        expect(meets(match, aliased ? "s:latest" : "s", { s: reference })).toBe(true);
        expect(meets(match.replace("/acme", ":(443|80)/acme"), reference)).toBe(true);
      }),
    );
  });

  test("in a directory", () => {
    const step = fc.constantFrom("/.", "/", "/../real", "/x/..", "/./.");
    fc.assert(
      fc.property(
        fc.constantFrom("real", "link", "link-to-link"),
        fc.array(step, { maxLength: 4 }),
        fc.boolean(),
        (name, steps, relative) => {
          const absolute = `${root}/${name}${steps.join("")}`;
          const written = relative
            ? `./${path.relative(process.cwd(), root)}/${name}${steps.join("")}`
            : absolute;
          expect(meets(`^oci:${root}/real:v1$`, `oci:${written}:v1`)).toBe(true);
          expect(meets(`^file:${root}/real$`, `file:${written}`)).toBe(true);
        },
      ),
    );
  });

  test("in a directory of links to another's files", () => {
    expect(meets(`^oci:${root}/real:v1$`, `oci:${root}/disguised:v1`)).toBe(true);
  });

  test("behind aliases: rules are asked about the alias, what it stands for, and what is opened", () => {
    const aliases = { a: "b:v2", b: "ghcr.io/acme/site:v1", oci: "evil.example/x", layout: "oci:real" };
    expect(meets("^b$", "b", aliases)).toBe(true);
    expect(meets("^b:v3$", "b:v3", aliases)).toBe(true);
    expect(meets("^ghcr\\.io/acme/site:v3$", "b:v3", aliases)).toBe(true);
    // It opens nothing: an alias is expanded once.
    expect(() => meets("^ghcr\\.io/acme/site:v2$", "a", aliases)).toThrow(
      expect.objectContaining({ code: "InvalidReference" }),
    );
    // What is opened is a layout, whatever alias is called like its prefix.
    expect(meets("^oci:.*/real:latest$", "layout", aliases)).toBe(true);
    expect(meets("^evil", "layout", aliases)).toBe(true);
  });
});
