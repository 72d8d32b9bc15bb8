import { expect, test } from "vitest";
import { hasColor } from "./color.js";
import { runBlob } from "../testing/run-blob.js";

test.each([
  [true, {}, true, true],
  [false, {}, true, false],
  [true, { NO_COLOR: "1" }, true, false],
  [true, { NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
  [false, { FORCE_COLOR: "1" }, true, true],
  [true, { FORCE_COLOR: "0" }, true, false],
  [true, { TERM: "dumb" }, true, false],
  [true, {}, false, false],
])("terminal %s, environment %j, flag %s: %s", (isTTY, env, flag, color) => {
  expect(hasColor({ isTTY }, env, flag)).toBe(color);
});

test("an error is coloured on a terminal only", async () => {
  expect((await runBlob(["pusch"], { terminal: true })).stderr).toMatch(
    /^\u001b\[31merror\[Usage\]:\u001b\[39m /u,
  );
  expect((await runBlob(["pusch", "--no-color"], { terminal: true })).stderr).toMatch(/^error\[Usage\]: /u);
  expect((await runBlob(["pusch"])).stderr).toMatch(/^error\[Usage\]: /u);
});
