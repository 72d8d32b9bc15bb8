import { realpathSync } from "node:fs";
import process from "node:process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalReference } from "./canonical-reference.js";
import { whyUnmatchable } from "./unmatchable.js";

describe("rules that fit no canonical reference", () => {
  test.each([
    [String.raw`^GHCR\.io/acme/`, "GHCR.io/acme/x is ghcr.io/acme/x:latest"],
    [String.raw`GHCR\.io/acme/`, "is ghcr.io/"],
    [String.raw`^ghcr.io/Acme/`, "Acme"],
    [String.raw`^ghcr\.io/Acme/.*:v\d+$`, "Acme"],
    [String.raw`^https://ghcr\.io/acme/`, "scheme"],
    ["oci:///srv/layout", "scheme"],
    ["^docker://acme", "scheme"],
    [String.raw`^ghcr\.io/acme site`, "spaces"],
    [String.raw` ghcr\.io/acme/`, "spaces"],
    ["^acme/site", 'acme/site/x: "acme" is not a host'],
    ["^acme/", 'acme/x: "acme" is not a host'],
    ["^library/nginx:", '"library" is not a host'],
    ["^nginx$", "there is no repository"],
    [String.raw`^docker\.io/nginx:`, "docker.io/library/nginx:"],
    [String.raw`^index\.docker\.io/acme/`, "docker.io/acme/"],
    [String.raw`^registry-1\.docker\.io/`, "docker.io/"],
    [String.raw`^ghcr\.io/acme/site$`, "ghcr.io/acme/site:latest"],
    [String.raw`ghcr\.io/acme/site$`, "ghcr.io/acme/site:latest"],
    [String.raw`^127\.1/acme/`, "127.0.0.1/acme/"],
    [String.raw`^oci:\./layout`, "oci:./layout"],
    ["^oci:layout", "oci:layout"],
    [String.raw`^quay\.io/|^acme/`, "is not a host"],
    ["^GHCR*", "has GHC: "],
  ])("%s", (match, why) => {
    expect(whyUnmatchable(match)).toContain(why);
  });
});

describe("rules that fit something, or about which nothing can be told", () => {
  test.each([
    "",
    ".*",
    "acme",
    "acme/",
    "acme/site",
    "/Acme/",
    "^",
    "^.*acme",
    "^g",
    "^ghcr",
    String.raw`^ghcr\.`,
    String.raw`^ghcr\.io`,
    String.raw`^ghcr\.io/`,
    "^ghcr.io/acme/",
    String.raw`^ghcr\.io/acme`,
    String.raw`^ghcr\.io/acme/site:`,
    String.raw`^ghcr\.io/acme/site:V1$`,
    String.raw`^ghcr\.io/acme/site(:|@)`,
    String.raw`^ghcr\.io/acme/site@sha256:0`,
    String.raw`^ghcr\.io:443/acme/`,
    String.raw`^(GHCR|ghcr)\.io/`,
    String.raw`^[Gg]hcr\.io/`,
    String.raw`^G?hcr\.io/`,
    String.raw`^\w+\.io/Acme`,
    "^localhost",
    "^localhost:5000/acme/",
    "^registry:5000/acme/",
    "^registry:",
    "^acme",
    String.raw`^docker\.io/`,
    String.raw`^docker\.io/nginx`,
    String.raw`^docker\.io/library/nginx:`,
    String.raw`^127\.0\.0\.1:[0-9]+/acme/`,
    String.raw`^\[::1\]:5000/`,
    String.raw`^\[`,
    String.raw`^\[2001:db8`,
    String.raw`^10\.`,
    "^10",
    "^oci:",
    "^oci:/",
    "^oci:/nowhere/My Layout:v1$",
    "^oci:.*/store:v1$",
    `^oci:${realpathSync(process.cwd())}/layout`,
    "^file:",
    "/store:v1$",
    "my layout",
    ":v1$",
    "@sha256:",
    "^oci:|/acme/",
    "[|]Acme",
  ])("%s", (match) => {
    expect(whyUnmatchable(match)).toBeUndefined();
  });
});

test("no beginning of a canonical reference is warned about", () => {
  const name = fc.stringMatching(/^[a-z0-9]{1,6}$/u);
  const host = fc.oneof(
    fc.tuple(name, name).map(([a, b]) => `${a}.${b}z`),
    name.map((a) => `${a}z:5000`),
    fc.constant("docker.io"),
  );
  const reference = fc
    .tuple(host, fc.array(name, { minLength: 1, maxLength: 3 }), name)
    .map(([its, path, tag]) => canonicalReference(`${its}/${path.join("/")}:${tag}`));
  fc.assert(
    fc.property(reference, fc.nat(), (canonical, length) => {
      const literal = canonical.slice(0, 1 + (length % canonical.length)).replaceAll(".", String.raw`\.`);
      expect(whyUnmatchable(`^${literal}`)).toBeUndefined();
      expect(whyUnmatchable(literal)).toBeUndefined();
      expect(whyUnmatchable(`^${canonical.replaceAll(".", String.raw`\.`)}$`)).toBeUndefined();
    }),
  );
});
