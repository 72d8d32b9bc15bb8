import { describe, expect, test } from "vitest";

import type { Archive } from "../archive.js";
import { openArchive } from "../reading/archive-reader.js";
import { bufferSource } from "../sources/buffer-source.js";
import { goldenRecipes } from "../testing/chunked-goldens.js";
import { describeChunks } from "../testing/describe-chunks.js";
import { goldenArchives } from "../testing/golden-archives.js";

test("every golden archive that this package made has its recipe", () => {
  const ours = goldenArchives.filter(({ chunks }) => chunks !== undefined);
  expect(ours.map(({ name }) => name).toSorted()).toEqual(goldenRecipes.map(({ name }) => name).toSorted());
});

describe.each(goldenRecipes)("what becomes $name", (recipe) => {
  test("is written as it was then", async () => {
    const golden = goldenArchives.find(({ name }) => name === recipe.name);
    if (golden === undefined) throw new Error(`There is no ${recipe.name}`);
    const { index, data } = await recipe.make();
    const then = openArchive(golden.index, bufferSource(golden.data));
    const now = openArchive(index, bufferSource(data));
    // Frames are the codec's, and may be others with its next version.
    if (!recipe.isCompressed) {
      expect(Buffer.compare(index, golden.index)).toBe(0);
      expect(Buffer.compare(data, golden.data)).toBe(0);
    }
    expect(factsOf(now)).toEqual(factsOf(then));
  });
});

function factsOf(archive: Archive): unknown {
  return Array.from(archive.entries(), ({ dataOffset, storedSize, ...facts }) => {
    const chunks = archive.chunks(facts.path);
    if (chunks === undefined) return facts;
    const list = Array.from(chunks, ({ offset, size, hash }) => ({ offset, size, hash }));
    // That chunks are stored one after another, from the file's first byte to its last, is checked when it is opened.
    expect(chunks.at(0)?.dataOffset).toBe(dataOffset);
    expect(list.length).toBeLessThanOrEqual(storedSize);
    return { ...facts, list, how: { ...Object(describeChunks(chunks)), list: undefined } };
  });
}
