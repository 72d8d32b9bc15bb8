import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  apiHost,
  checkRepository,
  checkTag,
  formatReference,
  isRepository,
  nameOf,
  parseReference,
  parseTagOrDigest,
} from "./reference.js";

const hex = "0123456789abcdef".repeat(4);

describe("parseReference", () => {
  test.each([
    ["ghcr.io/acme/site:v1", "ghcr.io", "acme/site", "v1", undefined],
    ["ghcr.io/acme/site", "ghcr.io", "acme/site", undefined, undefined],
    [`ghcr.io/acme/site@sha256:${hex}`, "ghcr.io", "acme/site", undefined, `sha256:${hex}`],
    [`ghcr.io/acme/site:v1@sha512:${hex}${hex}`, "ghcr.io", "acme/site", "v1", `sha512:${hex}${hex}`],
    ["localhost/site:v1", "localhost", "site", "v1", undefined],
    ["localhost:5000/a/b/c:1", "localhost:5000", "a/b/c", "1", undefined],
    ["registry:5000/a", "registry:5000", "a", undefined, undefined],
    ["[::1]:5000/a__b/c.d-e--f:_T", "[::1]:5000", "a__b/c.d-e--f", "_T", undefined],
    ["GHCR.io/acme/site:V1", "ghcr.io", "acme/site", "V1", undefined],
    ["docker.io/node", "docker.io", "library/node", undefined, undefined],
    ["index.docker.io/acme/site:v1", "docker.io", "acme/site", "v1", undefined],
    // One spelling, as a URL parser reads the host.
    ["127.1:5000/a", "127.0.0.1:5000", "a", undefined, undefined],
    ["0x7f.0.0.1/a", "127.0.0.1", "a", undefined, undefined],
    ["2130706433:05000/a", "127.0.0.1:5000", "a", undefined, undefined],
    ["[0:0:0:0:0:0:0:1]/a", "[::1]", "a", undefined, undefined],
    ["[::FFFF:127.0.0.1]:443/a", "[::ffff:7f00:1]:443", "a", undefined, undefined],
    ["ghcr.io./a", "ghcr.io", "a", undefined, undefined],
    ["ghcr.io.:5000/a", "ghcr.io:5000", "a", undefined, undefined],
    ["registry-1.docker.io./node", "docker.io", "library/node", undefined, undefined],
    ["registry-1.docker.io/node:20", "docker.io", "library/node", "20", undefined],
  ])("%s", (text, host, repository, tag, digest) => {
    expect(parseReference(text)).toEqual({ host, repository, tag, digest });
  });

  test.each([
    "",
    "/",
    "ghcr.io",
    "ghcr.io/",
    "acme/site:v1",
    "https://ghcr.io/acme/site",
    "ghcr.io/Acme/site",
    "ghcr.io/acme//site",
    "ghcr.io/../etc/passwd",
    "ghcr.io/acme/site:",
    "ghcr.io/acme/site:-v1",
    `ghcr.io/acme/site:${"x".repeat(129)}`,
    "ghcr.io/acme/site@sha256:abc",
    `ghcr.io/acme/site@SHA256:${hex}`,
    `ghcr.io/acme/site@md5:${hex}`,
    `ghcr.io/${"a/".repeat(200)}a`,
    "user@ghcr.io/acme/site",
    "ghcr.io:99999/acme/site",
    "[zz]/acme",
    "gh_cr.io/acme/site",
    "ghcr.io../acme/site",
    "./acme/site",
    "ghcr.io/acme/site:v1\n",
    "ghcr.io/acme/si\u001b[2Jte",
  ])("refuses %j", (text) => {
    let thrown: unknown;
    try {
      parseReference(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "InvalidReference" });
    expect(String(thrown)).not.toMatch(/[\u0000-\u001f]/u);
  });

  test("is undone by formatReference", () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,5}([._-][a-z0-9]{1,5}){0,2}(\/[a-z0-9]{1,5}){0,3}$/u);
    const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/u), { nil: undefined });
    const digest = fc.option(
      fc.stringMatching(/^[0-9a-f]{64}$/u).map((one) => `sha256:${one}` as const),
      { nil: undefined },
    );
    const host = fc.constantFrom("ghcr.io", "localhost:5000", "[::1]:5000", "127.0.0.1");
    fc.assert(
      fc.property(host, name, tag, digest, (...[first, repository, second, third]) => {
        const reference = { host: first, repository, tag: second, digest: third };
        expect(parseReference(formatReference(reference))).toEqual(reference);
      }),
    );
  });

  test("ends quickly on texts made to make it slow", () => {
    for (const text of ["a-".repeat(100_000), `ghcr.io/${"a-".repeat(100_000)}!`, "a/".repeat(100_000)]) {
      expect(() => parseReference(text)).toThrow("reference reads");
    }
  });
});

test("Docker Hub answers elsewhere", () => {
  expect(apiHost("docker.io")).toBe("registry-1.docker.io");
  expect(apiHost("ghcr.io")).toBe("ghcr.io");
});

test.each(["..", "a/..", "/a", "a/", "", ".", "A", "a\0b", "a/../b", "a\\b"])(
  "%j is no repository",
  (name) => {
    expect(isRepository(name)).toBe(false);
  },
);

describe("at the edges", () => {
  test("a repository name has 255 characters at most", () => {
    expect(isRepository("a".repeat(255))).toBe(true);
    expect(isRepository("a".repeat(256))).toBe(false);
  });

  test.each([
    ["/acme", '"" is not a host'],
    [`ghcr.io/@sha256:${hex}`, '"" is not a repository name'],
    ["ghcr.io/:v1", '"" is not a repository name'],
    ["ghcr.io/:-v1", '"-v1" is not a tag'],
    ["ghcr.io/acme/site:é", '"é" is not a tag'],
    ["ghcr.io/acme/Site:v1", '"acme/Site" is not a repository name'],
    ["-ghcr.io/acme/site:v1", '"-ghcr.io" is not a host'],
    ["ghcr.io:/acme/site:v1", '"ghcr.io:" is not a host'],
    ["Acme/site:v1", '"Acme" is not a host'],
    ["ghcr.io", "ghcr.io: there is no repository"],
  ])("%s: the message says that %s", (text, said) => {
    expect(() => parseReference(text)).toThrow(said);
  });
});

test.each([
  [{ host: "ghcr.io", repository: "acme/site", tag: undefined, digest: undefined }, "ghcr.io/acme/site"],
  [{ host: "ghcr.io", repository: "acme/site", tag: "v1", digest: undefined }, "ghcr.io/acme/site:v1"],
  [
    { host: "ghcr.io", repository: "acme/site", tag: "v1", digest: `sha256:${hex}` },
    `ghcr.io/acme/site:v1@sha256:${hex}`,
  ],
] as const)("%j is written %s", (reference, text) => {
  expect(formatReference(reference)).toBe(text);
});

test.each(["docker.io", "index.docker.io", "registry-1.docker.io"])("%s is Docker Hub", (host) => {
  expect(parseReference(`${host}/node`)).toMatchObject({ host: "docker.io", repository: "library/node" });
  expect(apiHost(host)).toBe("registry-1.docker.io");
});

describe("parts by themselves", () => {
  const refusal = (reference: string): unknown =>
    expect.objectContaining({ code: "InvalidReference", reference });

  test("a repository name is taken, and anything else refused", () => {
    expect(() => checkRepository("acme/site")).not.toThrow();
    for (const text of ["../acme", "Acme", "acme/site!", "acme/site:v1"]) {
      expect(() => checkRepository(text)).toThrow(refusal(text));
    }
  });

  test("a tag is taken, and anything else refused", () => {
    expect(() => checkTag("v1")).not.toThrow();
    for (const text of ["-v1", "v1!", "v1/../v2", "x".repeat(129)]) {
      expect(() => checkTag(text)).toThrow(refusal(text));
    }
  });

  test("a tag or a digest is told apart, and anything else refused as what it looks like", () => {
    expect(parseTagOrDigest("v1")).toEqual({ tag: "v1" });
    expect(parseTagOrDigest(`sha256:${hex}`)).toEqual({ digest: `sha256:${hex}` });
    expect(() => parseTagOrDigest("sha256:short")).toThrow("is not a digest");
    expect(() => parseTagOrDigest("-v1")).toThrow('"-v1" is not a tag');
  });

  test("a name in a message is written as in a reference", () => {
    expect(nameOf("acme/site", "v1")).toBe("acme/site:v1");
    expect(nameOf("acme/site", `sha256:${hex}`)).toBe(`acme/site@sha256:${hex}`);
  });
});
