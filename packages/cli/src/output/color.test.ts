import { chmod } from "node:fs/promises";
import path from "node:path";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { expect, onTestFinished, test } from "vitest";
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

test("results are coloured on a terminal only, and what is from outside is not obeyed", async () => {
  const directory = await createTemporaryDirectory();
  onTestFinished(() => directory.remove());
  const at = (name: string): string => path.join(directory.path, name);
  await writeTree(at("site"), { "css/a.css": "a", "run.sh": "b", "\u001b[2J": "c" });
  await chmod(at("site/run.sh"), 0o755);
  await writeTree(at("other"), { "css/a.css": "A", "run.sh": "b", new: "c" });
  const layout = `oci:${at("layout")}:v1`;
  await runBlob(["push", layout, at("site")]);
  const shown = async (...argv: readonly string[]): Promise<string> =>
    (await runBlob(argv, { terminal: true })).stdout;
  const blue = "\u001b[34mcss/\u001b[39m";
  expect(await shown("ls", layout)).toBe(`\\x1b[2J\n${blue}\n\u001b[32mrun.sh\u001b[39m\n`);
  expect(await shown("tree", layout)).toContain(` ${blue}\n`);
  expect(await shown("diff", layout, at("other"))).toBe(
    "\u001b[31mD \\x1b[2J\u001b[39m\n\u001b[33mM css/a.css\u001b[39m\n\u001b[32mA new\u001b[39m\n",
  );
  expect(await shown("doctor", layout)).toMatch(/^\u001b\[32mok {6}\u001b\[39m reference/mu);
  expect(await shown("ls", layout, "--no-color")).not.toContain("\u001b");
  expect((await runBlob(["ls", layout])).stdout).not.toContain("\u001b");
});
