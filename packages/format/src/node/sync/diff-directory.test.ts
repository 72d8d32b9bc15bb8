import fc from "fast-check";
import { expect, test } from "vitest";

import { comparePaths } from "../../paths/compare-bytes.js";
import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createArchive } from "../create/create-archive.js";
import { diffDirectory } from "./diff-directory.js";

const name = fc.constantFrom("a", "a-", "a.txt", "b", "\uFFFD", "\uE000", "😀", "z");

test("says of any two sets of files which one has what, in the order of the paths' bytes", async () => {
  const names = fc.uniqueArray(name, { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(names, names, async (archived, present) => {
      const chunks: Uint8Array[] = [];
      const sink = { write: (chunk: Uint8Array) => void chunks.push(chunk) };
      const files = archived.map((path) => ({ path, content: Buffer.from("same") }));
      const { index } = await createArchive(files, sink, { compression: "none" });
      const archive = openArchive(index.bytes, bufferSource(Buffer.concat(chunks)));
      const tree = Object.fromEntries(present.map((path) => [path, path === "b" ? "else" : "same"]));
      const directory = await writeTree(await scratchDirectory(), tree);
      expect(await diffDirectory(archive, directory)).toEqual({
        added: present.filter((path) => !archived.includes(path)).toSorted(comparePaths),
        removed: archived.filter((path) => !present.includes(path)).toSorted(comparePaths),
        changed: present.filter((path) => path === "b" && archived.includes(path)),
        skipped: [],
      });
    }),
    { numRuns: 20 },
  );
});
