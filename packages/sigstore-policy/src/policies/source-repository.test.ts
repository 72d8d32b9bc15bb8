import { expect, test } from "vitest";
import { anyRepository, oneRepository, ownedRepository } from "./source-repository.js";

const server = "https://github.com";

test.each([
  ["https://github.com/acme/site", true, true],
  ["https://github.com/Acme/SITE", true, true],
  ["https://github.com/acme/other", false, true],
  ["https://github.com/acme-evil/x", false, false],
  ["https://github.com/x/acme", false, false],
  ["https://github.com/acme", false, false],
  ["https://github.com/acme/", false, false],
  ["https://github.com/acme//x", false, false],
  ["https://github.com/acme/../x", false, false],
  ["https://github.com/acme/..", false, false],
  ["https://github.com/acme/site/x", false, false],
  ["https://github.com/acme/site?x", false, false],
  ["https://github.com/x/../acme/site", false, false],
  ["https://github.com.evil/acme/site", false, false],
  ["https://evil.example/https://github.com/acme/site", false, false],
  ["http://github.com/acme/site", false, false],
  [" https://github.com/acme/site", false, false],
  ["", false, false],
  [undefined, false, false],
])("%s is of one repository: %s, of its owner: %s", (url, isOne, isOwned) => {
  expect(oneRepository(server, "acme/site").accepts(url)).toBe(isOne);
  expect(ownedRepository(server, "acme").accepts(url)).toBe(isOwned);
  if (isOwned) expect(anyRepository(server).accepts(url)).toBe(true);
});

test("any repository has an owner and a name at the server", () => {
  expect(anyRepository(server).accepts("https://github.com/x/y")).toBe(true);
  for (const url of [
    "https://github.com/x",
    "https://gitlab.com/x/y",
    "https://github.com/x/y/z",
    undefined,
  ]) {
    expect(anyRepository(server).accepts(url)).toBe(false);
  }
});
