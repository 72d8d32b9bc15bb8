import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";

import { openArchive } from "./reading/archive-reader.js";
import { bufferSource } from "./sources/buffer-source.js";
import { comparePaths } from "./paths/compare-bytes.js";
import { encodeIndex } from "./index-codec/index-encoder.js";
import { collectBytes } from "./testing/collect.js";
import { goldenArchives } from "./testing/golden-archives.js";

for (const golden of goldenArchives) {
  describe(`the Go archive ${golden.name}`, () => {
    const archive = openArchive(golden.index, bufferSource(golden.data));

    test("has the files that Go says, in byte order", () => {
      expect(Array.from(archive.entries())).toEqual(
        golden.entries.toSorted((a, b) => comparePaths(a.path, b.path)),
      );
      expect(archive.entryCount).toBe(golden.entries.length);
      expect(archive.dataSize).toBe(golden.dataSize);
      expect(Buffer.from(archive.dataHash ?? []).toString("hex")).toBe(golden.dataHash);
    });

    test("finds every file by its path, and reads it back with its hash", async () => {
      for (const expected of golden.entries) {
        expect(archive.entry(expected.path)).toEqual(expected);
        const content = await archive.readFile(expected.path);
        expect(content.length).toBe(expected.size);
        expect(new Uint8Array(createHash("sha256").update(content).digest())).toEqual(expected.hash);
        const streamed = await collectBytes(archive.stream(expected.path));
        expect(Buffer.compare(streamed, content)).toBe(0);
      }
    });

    test("says the same when it is written again in byte order", () => {
      const { dataSize, dataHash } = archive;
      const index = encodeIndex({ entries: Array.from(archive.entries()), dataSize, dataHash });
      const again = openArchive(index, archive.data);
      expect(Array.from(again.entries())).toEqual(Array.from(archive.entries()));
    });
  });
}
