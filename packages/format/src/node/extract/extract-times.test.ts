import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Archive } from "../../archive.js";
import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import { encodeIndex } from "../../index-codec/index-encoder.js";
import { scratchDirectory } from "../../testing/scratch-directory.js";
import { extractArchive } from "./extract.js";
import { setFileTime } from "../files/file-time.js";
import { syncDirectory } from "../sync/sync-directory.js";

const nanoseconds = (date: string): bigint => BigInt(Date.parse(date)) * 1_000_000n;
const hour = 3_600_000_000_000n;

/** Empty files with these times. */
function archiveOf(times: Readonly<Record<string, bigint>>): Archive {
  const entries = Object.entries(times)
    .map(([path, mtimeNs]) => ({
      path,
      size: 0,
      storedSize: 0,
      dataOffset: 0,
      hash: createHash("sha256").digest(),
      mode: 0o644,
      uid: 0,
      gid: 0,
      compression: "none" as const,
      mtimeNs,
    }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return openArchive(encodeIndex({ entries, dataSize: 0 }), bufferSource(new Uint8Array()));
}

describe("times are the archive's to the microsecond, or reported", () => {
  const times = {
    "0001-before": -1n,
    "1677-first": -(2n ** 63n),
    "1800": nanoseconds("1800-01-01T00:00:00Z") + 123_456_789n,
    "1912": nanoseconds("1912-06-23T00:00:00Z"),
    "1969": nanoseconds("1969-07-20T20:17:40Z"),
    "1969-nanoseconds": nanoseconds("1969-07-20T20:17:40Z") + 999_999_999n,
    "1970": 0n,
    "2024": nanoseconds("2024-02-29T12:00:00Z"),
    "2024-microsecond": nanoseconds("2024-02-29T12:00:00Z") + 1000n,
    "2024-nanoseconds": nanoseconds("2024-02-29T12:00:00Z") + 123_456_789n,
    "2200": nanoseconds("2200-01-01T00:00:00Z") + 1_001_000n,
    "2262-last": 2n ** 63n - 1n,
  };

  test.each([extractArchive, syncDirectory])("by %o", async (write) => {
    const directory = await scratchDirectory();
    const { notKept } = await write(archiveOf(times), directory, { preserveTimes: true });
    for (const [path, wanted] of Object.entries(times)) {
      const { mtimeNs } = lstatSync(join(directory, path), { bigint: true });
      if (notKept.some((one) => one.path === path)) {
        expect(notKept).toContainEqual({ path, facts: ["time"] });
        expect([path, mtimeNs / hour]).not.toEqual([path, wanted / hour]);
      } else {
        const exact = path === "1677-first" || path === "2262-last" || path === "1800" ? 2n : 1n;
        const off = mtimeNs / 1000n - wanted / 1000n;
        expect([path, off < exact && off > -exact]).toEqual([path, true]);
      }
    }
    // Every file system that tests run on has these.
    expect(notKept.map(({ path }) => path)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:1912|1969|1970|2024)/)]),
    );
  });

  test("whatever they are", async () => {
    const file = join(await scratchDirectory(), "file");
    const handle = openSync(file, "w");
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (wanted) => {
        const { stats, isKept } = setFileTime(handle, wanted);
        const off = stats.mtimeNs - wanted;
        expect(isKept).toBe(off < 2000n && off > -2000n);
        expect(lstatSync(file, { bigint: true }).mtimeNs).toBe(stats.mtimeNs);
      }),
    );
    closeSync(handle);
  });
});

test("a quick sync knows times before 1970 again", async () => {
  const archive = archiveOf({ "1912": nanoseconds("1912-06-23T00:00:00Z"), "1969": -1_234_567_891n });
  const directory = await scratchDirectory();
  expect(await syncDirectory(archive, directory)).toMatchObject({ written: ["1912", "1969"] });
  expect(await syncDirectory(archive, directory, { quick: true })).toMatchObject({
    unchanged: 2,
    written: [],
  });
});
