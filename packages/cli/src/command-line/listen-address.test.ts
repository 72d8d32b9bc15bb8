import { InvalidArgumentError } from "commander";
import { expect, test } from "vitest";
import { UsageError } from "../errors/usage-error.js";
import { listenAddress, listenFlag } from "./listen-address.js";

test.each([
  ["localhost", "localhost", undefined],
  ["0.0.0.0:80", "0.0.0.0", 80],
  [":5000", "127.0.0.1", 5000],
  ["::1", "::1", undefined],
  ["[::1]", "::1", undefined],
  ["[::1]:0", "::1", 0],
])("%s", (text, host, port) => {
  expect(listenFlag(text)).toEqual({ host, port });
});

test.each(["a:b", "a:70000", "[a]:1", "[::1", "a:1:2", "http://a:1", "a b", "[::1]x"])(
  "%s is no place",
  (text) => {
    expect(() => listenFlag(text)).toThrow(InvalidArgumentError);
  },
);

test("one flag names the port", () => {
  expect(listenAddress({}, 80)).toEqual({ host: "127.0.0.1", port: 80 });
  expect(listenAddress({ listen: listenFlag("h"), port: 1 }, 80)).toEqual({ host: "h", port: 1 });
  expect(listenAddress({ listen: listenFlag("h:0") }, 80)).toEqual({ host: "h", port: 0 });
  expect(() => listenAddress({ listen: listenFlag("h:2"), port: 1 }, 80)).toThrow(UsageError);
});
