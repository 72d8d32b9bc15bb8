import process from "node:process";
import { afterEach, expect, test, vi } from "vitest";
import { rowText } from "./row-text.js";

afterEach(() => vi.unstubAllEnvs());

test("each piece has its look, and the row ends without one", () => {
  const line = [
    { text: "❯ ", style: "plain" },
    { text: "config/", style: "directory" },
    { text: "", style: "match" },
    { text: " 12 B", style: "dim" },
  ] as const;
  expect(rowText(line, true)).toBe(
    "❯ \u001b[1m\u001b[34mconfig/\u001b[39m\u001b[22m\u001b[2m 12 B\u001b[22m",
  );
  expect(rowText(line, false)).toBe("❯ \u001b[1mconfig/\u001b[22m\u001b[2m 12 B\u001b[22m");
  expect(rowText([{ text: "no such file", style: "error" }], false)).toBe("no such file");
});

test.each([{ NO_COLOR: "1" }, { FORCE_COLOR: "0" }, { NODE_DISABLE_COLORS: "1" }, { TERM: "dumb" }])(
  "whether there are colours is decided by who asks, and not by %j",
  (env) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect(process.stdout.isTTY).not.toBe(true);
    expect(rowText([{ text: "x", style: "error" }], true)).toBe("\u001b[31mx\u001b[39m");
  },
);
