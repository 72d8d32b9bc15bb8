import { describe, expect, test } from "vitest";
import { matchingKeys } from "./matching-keys.js";

describe("keys for a whole registry", () => {
  test.each([
    ["ghcr.io", "ghcr.io", true],
    ["ghcr.io", "GHCR.io", true],
    ["ghcr.io", "https://ghcr.io", true],
    ["ghcr.io", "https://ghcr.io/", true],
    ["ghcr.io", "http://ghcr.io/v1/", true],
    ["ghcr.io", "https://ghcr.io/v2", true],
    ["ghcr.io", "ghcr.io.evil.example", false],
    ["ghcr.io", "evil-ghcr.io", false],
    ["ghcr.io", "ghcr.io:443", false],
    ["ghcr.io", "ghcr.io/acme", false],
    ["localhost:5000", "localhost:5000", true],
    ["localhost:5000", "https://localhost:5000/v1/", true],
    ["localhost:5000", "localhost", false],
    ["localhost", "localhost:5000", false],
    ["[::1]:5000", "[::1]:5000", true],
    ["docker.io", "https://index.docker.io/v1/", true],
    ["docker.io", "index.docker.io", true],
    ["docker.io", "registry-1.docker.io", true],
    ["docker.io", "docker.io", true],
    ["docker.io", "hub.docker.io", false],
    ["registry-1.docker.io", "https://index.docker.io/v1/", true],
  ])("%s, stored under %s: %j", (host, key, matches) => {
    expect(matchingKeys([key], { host }, { namespaces: false })).toEqual(matches ? [key] : []);
  });
});

describe("keys for a part of a registry", () => {
  const keys = ["quay.io", "https://quay.io", "quay.io/acme", "quay.io/acme/site", "ghcr.io/acme"];
  test.each([
    ["acme/site", ["quay.io/acme/site", "quay.io/acme", "quay.io", "https://quay.io"]],
    ["acme/site/deep", ["quay.io/acme/site", "quay.io/acme", "quay.io", "https://quay.io"]],
    ["acme/sites", ["quay.io/acme", "quay.io", "https://quay.io"]],
    ["acmes/site", ["quay.io", "https://quay.io"]],
    [undefined, ["quay.io", "https://quay.io"]],
  ])("for %s: the longest one first", (repository, expected) => {
    expect(matchingKeys(keys, { host: "quay.io", repository }, { namespaces: true })).toEqual(expected);
  });

  test("no repository at all is not one of any name", () => {
    const named = ["quay.io/undefined", "quay.io"];
    expect(matchingKeys(named, { host: "quay.io" }, { namespaces: true })).toEqual(["quay.io"]);
  });

  test("docker's file has none", () => {
    const target = { host: "quay.io", repository: "acme/site" };
    expect(matchingKeys(keys, target, { namespaces: false })).toEqual(["quay.io", "https://quay.io"]);
  });

  test("a key spelled as the reference goes before one that only means the same", () => {
    const keysOfHub = ["https://index.docker.io/v1/", "docker.io"];
    expect(matchingKeys(keysOfHub, { host: "docker.io" }, { namespaces: false })[0]).toBe("docker.io");
    const keysOfQuay = ["https://quay.io", "quay.io/"];
    expect(matchingKeys(keysOfQuay, { host: "quay.io" }, { namespaces: false })[0]).toBe("quay.io/");
  });
});
