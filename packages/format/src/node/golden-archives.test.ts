import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { openArchive } from "../reading/archive-reader.js";
import { bufferSource } from "../sources/buffer-source.js";
import { comparePaths } from "../paths/compare-bytes.js";
import { goldenArchives } from "../testing/golden-archives.js";
import { scratchDirectory } from "../testing/scratch-directory.js";
import { createArchive } from "./create/create-archive.js";
import { diffDirectory } from "./sync/diff-directory.js";
import { extractArchive } from "./extract/extract.js";

describe.each(goldenArchives)("the golden archive $name", ({ index, data, entries, dataHash }) => {
  test("is extracted with every file's content, mode and time, and does not differ from that", async () => {
    const archive = openArchive(index, bufferSource(data));
    const destination = await scratchDirectory();
    const result = await extractArchive(archive, destination, { preserveMode: true, preserveTimes: true });
    expect(result.files).toBe(entries.length);
    for (const { path, hash, mode, mtimeNs } of entries) {
      const file = join(destination, path);
      expect(createHash("sha256").update(readFileSync(file)).digest().equals(hash), path).toBe(true);
      const stats = statSync(file, { bigint: true });
      expect(Number(stats.mode & 0o777n)).toBe(mode);
      expect(stats.mtimeNs / 1000n - mtimeNs / 1000n).toBeGreaterThanOrEqual(-1n);
      expect(stats.mtimeNs / 1000n - mtimeNs / 1000n).toBeLessThanOrEqual(1n);
    }
    expect(await diffDirectory(archive, destination)).toEqual({
      added: [],
      removed: [],
      changed: [],
      skipped: [],
    });
  });

  test("is made again, byte by byte, from what was extracted, where that does not depend on the codec", async () => {
    const archive = openArchive(index, bufferSource(data));
    const destination = await scratchDirectory();
    await extractArchive(archive, destination, { preserveMode: true });
    const hash = createHash("sha256");
    const created = await createArchive(
      destination,
      { write: (chunk) => void hash.update(chunk) },
      { compression: "none", deduplicate: false },
    );
    const paths = Array.from(archive.entries(), ({ path }) => path);
    expect(paths).toEqual(entries.map(({ path }) => path).toSorted(comparePaths));
    expect(created.files).toBe(entries.length);
    const isStoredInByteOrder = entries.every(
      ({ path, compression }, i) => paths[i] === path && compression === "none",
    );
    if (isStoredInByteOrder) expect(created.data.digest).toBe(`sha256:${dataHash}`);
    expect(created.data.digest).toBe(`sha256:${hash.digest("hex")}`);
  });
});
