import { describe, expect, test } from "vitest";
import { redactText, redactUrl } from "./redact.js";

const jwt = `eyJ${"a".repeat(40)}.${"b".repeat(40)}.${"c".repeat(40)}`;

describe("a URL", () => {
  test.each([
    [
      "https://cdn.example.com/x?X-Amz-Signature=abc&X-Amz-Date=1",
      "https://cdn.example.com/x?X-Amz-Signature=…&X-Amz-Date=…",
    ],
    ["https://user:pass@ghcr.io/v2/", "https://ghcr.io/v2/"],
    [
      "https://ghcr.io/v2/a/blobs/uploads/?mount=sha256:ab&from=b",
      "https://ghcr.io/v2/a/blobs/uploads/?mount=sha256:ab&from=b",
    ],
    ["https://ghcr.io/v2/a/blobs/uploads/1?_state=secret", "https://ghcr.io/v2/a/blobs/uploads/1?_state=…"],
  ])("%s", (url, expected) => {
    expect(redactUrl(new URL(url))).toBe(expected);
  });
});

describe("a text", () => {
  test.each([
    ["requested access is denied", "requested access is denied"],
    ["token expired", "token expired"],
    [`bad token: ${jwt}`, "bad token: …"],
    [`got ${jwt} here`, "got … here"],
    ["Authorization: Basic dXNlcjpwYXNz", "Authorization: … …"],
    ["sent Bearer abcdef123456", "sent Bearer …"],
    ['{"password":"hunter2"}', '{"password":…'],
    ["see https://s3.example.com/x?sig=abc ok", "see https://s3.example.com/x?… ok"],
    [`manifest sha256:${"ab".repeat(32)} unknown`, `manifest sha256:${"ab".repeat(32)} unknown`],
    ["\u001b[2Jhello\r\nworld\u202e", "[2Jhello world"],
  ])("%j", (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  test.each([
    ["no pass", ["pass"], "no …"],
    ["password and pass", ["pass", "password"], "… and …"],
    ["a.b is not axb", ["a.b"], "… is not axb"],
  ])("%j without the known %j", (text, known, expected) => {
    expect(redactText(text, known)).toBe(expected);
  });

  test("is cut after what is known was taken out: not in its middle", () => {
    expect(redactText("pass".repeat(1001).slice(0, 4002), ["pass"])).toBe(`${"…".repeat(300)}…`);
    expect(redactText(`${"x ".repeat(149)} password`, ["password"])).not.toContain("p");
  });

  test("is cut", () => {
    expect(redactText("word ".repeat(10_000)).length).toBeLessThan(400);
  });
});

test("only the start of a text is looked at: registries may send megabytes", () => {
  expect(redactText(`${"Z".repeat(5000)} and more`)).toBe("…");
});
