import fc from "fast-check";
import { expect, test } from "vitest";

import type { Entry } from "../../entry.js";
import { byPlace } from "../../reading/read-plan.js";
import type { Extraction } from "./extract-options.js";
import { smallReads } from "./small-files.js";
import { surveyFiles } from "./survey-files.js";

const numbers = fc.record({
  dataOffset: fc.nat(400),
  storedSize: fc.nat(40),
  size: fc.nat(60),
  mode: fc.nat(0o777),
  uid: fc.nat(),
  gid: fc.nat(),
  mtimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  compression: fc.constantFrom("none" as const, "zstd" as const),
  hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  isRenamed: fc.boolean(),
});

const options = { maxGapBytes: 8, maxRangeBytes: 60, maxFiles: 5 };

test("each small file is in one range as it is in the archive, in the order of stored bytes, whatever order they have", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(numbers, { maxLength: 200 }), async (made) => {
      const files: Extraction[] = made.map(({ isRenamed, ...entry }, at) => ({
        entry: { ...entry, path: `f${at}` },
        target: isRenamed ? `g/${at}` : `f${at}`,
      }));
      const sizes = { maxWholeBytes: 50, maxRangeBytes: 38, signal: undefined };
      const { small, large, count, bytes } = await surveyFiles(files, sizes);
      const read: Extraction[] = [];
      for (const { offset, length, files: here } of smallReads(small, options)) {
        for (const file of here) {
          read.push(file);
          if (file.entry.storedSize === 0) continue;
          expect(file.entry.dataOffset).toBeGreaterThanOrEqual(offset);
          expect(file.entry.dataOffset + file.entry.storedSize).toBeLessThanOrEqual(offset + length);
        }
      }
      const byPath = (list: readonly Extraction[]): readonly Extraction[] =>
        list.toSorted((a, b) => (a.entry.path < b.entry.path ? -1 : 1));
      expect(byPath([...read, ...large])).toEqual(byPath(files));
      expect(large.every(({ entry }) => entry.size > 50 || entry.storedSize > 38)).toBe(true);
      const stored: Entry[] = read.map(({ entry }) => entry).filter(({ storedSize }) => storedSize > 0);
      expect(stored.every((entry, at) => at === 0 || byPlace(stored[at - 1] ?? entry, entry) <= 0)).toBe(
        true,
      );
      expect([count, bytes]).toEqual([files.length, files.reduce((sum, { entry }) => sum + entry.size, 0)]);
    }),
  );
});
