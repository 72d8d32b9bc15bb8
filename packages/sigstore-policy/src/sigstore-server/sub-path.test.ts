import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

/** The sources that a source imports, at once or when it needs them, and all that those import. */
async function reachedFrom(start: URL, found = new Set<string>()): Promise<ReadonlySet<string>> {
  if (found.has(start.pathname)) return found;
  found.add(start.pathname);
  const source = await readFile(start, "utf8");
  // What the build makes of a library is one file, and JavaScript.
  if (start.pathname.endsWith("/tuf-js.js")) return found;
  for (const [, specifier = ""] of source.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/gu)) {
    await reachedFrom(new URL(specifier.replace(/(?<!\/tuf-js)\.js$/u, ".ts"), start), found);
  }
  return found;
}

test("whoever imports the main entry loads nothing of the server, now or later", async () => {
  const reached = await reachedFrom(new URL("../index.ts", import.meta.url));
  expect([...reached].some((file) => file.endsWith("/sign/rekor-v1.ts"))).toBe(true);
  expect([...reached].filter((file) => file.includes("/sigstore-server/"))).toEqual([]);
});
