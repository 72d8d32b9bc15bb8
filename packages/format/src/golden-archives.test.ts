import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";

import type { Archive } from "./archive.js";
import { openArchive } from "./reading/archive-reader.js";
import { bufferSource } from "./sources/buffer-source.js";
import { comparePaths } from "./paths/compare-bytes.js";
import type { FileCuts } from "./index-codec/file-cuts.js";
import { encodeIndex } from "./index-codec/index-encoder.js";
import { describeChunks } from "./testing/describe-chunks.js";
import { collectBytes } from "./testing/collect.js";
import { goldenArchives } from "./testing/golden-archives.js";
import { portableZstdDecoder } from "./zstd/portable/portable.js";

for (const golden of goldenArchives) {
  describe(`the golden archive ${golden.name}`, () => {
    const archive = openArchive(golden.index, bufferSource(golden.data));

    test("has the files that its writer says, in byte order", () => {
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

    test("is cut into the chunks that its writer says, each of which is its own content", async () => {
      for (const { path, compression } of golden.entries) {
        const chunks = archive.chunks(path);
        const described = chunks === undefined ? undefined : describeChunks(chunks);
        expect(described, path).toEqual(golden.chunks?.[path]);
        const content = await archive.readFile(path);
        for (const { offset, size, hash, dataOffset, storedSize } of chunks ?? []) {
          const stored = golden.data.subarray(dataOffset, dataOffset + storedSize);
          const own =
            compression === "zstd" ? portableZstdDecoder.decompress(stored, { path, size }, {}) : stored;
          expect(Buffer.compare(own, content.subarray(offset, offset + size))).toBe(0);
          expect(new Uint8Array(createHash("sha256").update(own).digest())).toEqual(hash);
        }
      }
    });

    test("says the same when it is written again in byte order", () => {
      const { dataSize, dataHash } = archive;
      const entries = Array.from(archive.entries());
      const index = encodeIndex({ entries, dataSize, dataHash, cuts: cutsOf(archive) });
      const again = openArchive(index, archive.data);
      expect(Array.from(again.entries())).toEqual(entries);
      for (const { path } of entries) {
        expect(Array.from(again.chunks(path) ?? [])).toEqual(Array.from(archive.chunks(path) ?? []));
      }
      const isInByteOrder = golden.entries.every(({ path }, at) => path === entries[at]?.path);
      if (isInByteOrder) expect(Buffer.compare(index, golden.index)).toBe(0);
    });
  });
}

/** What the index says of chunks, as it is written: once for all files that are stored in the same bytes. */
function cutsOf(archive: Archive): FileCuts[] {
  const described = new Set<number>();
  return Array.from(archive.entries()).flatMap(({ path, compression, dataOffset }, row): FileCuts[] => {
    const chunks = archive.chunks(path);
    if (chunks === undefined || described.has(dataOffset)) return [];
    described.add(dataOffset);
    const list = Array.from(chunks);
    const storedSizes = Uint32Array.from(list, ({ storedSize }) => storedSize);
    const sizes = Uint32Array.from(list, ({ size }) => size);
    return [
      {
        row,
        chunkSize: chunks.chunkSize,
        hashes: Buffer.concat(list.map(({ hash }) => hash)),
        storedSizes: compression === "zstd" ? storedSizes : undefined,
        sizes: chunks.boundaries === "content" ? sizes : undefined,
      },
    ];
  });
}

test("there are archives with every kind of chunks", () => {
  const kinds = goldenArchives.flatMap(({ chunks, entries }) =>
    Object.entries(chunks ?? {}).map(([path, described]) => {
      const { boundaries } = described as { boundaries: string };
      return `${boundaries} ${entries.find((entry) => entry.path === path)?.compression}`;
    }),
  );
  expect(Array.from(new Set(kinds)).toSorted()).toEqual([
    "content none",
    "content zstd",
    "fixed none",
    "fixed zstd",
  ]);
});
