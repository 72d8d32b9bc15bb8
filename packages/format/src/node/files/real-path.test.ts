import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { realPath } from "./real-path.js";

test("follows links as far as a path exists, however much of it does not", async () => {
  const root = realPath(await writeTree(await scratchDirectory(), { "real/file": "" }));
  symlinkSync(join(root, "real"), join(root, "link"));
  expect(realPath(join(root, "link"))).toBe(join(root, "real"));
  expect(realPath(join(root, "link/new/one"))).toBe(join(root, "real/new/one"));
  const deep = "d/".repeat(20_000);
  expect(realPath(join(root, "link", deep))).toBe(join(root, "real", deep.slice(0, -1)));
});
