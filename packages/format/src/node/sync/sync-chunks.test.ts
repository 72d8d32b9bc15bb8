import { chmodSync, chownSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { diffArchives } from "../../diff.js";
import { chunkedArchive } from "../../testing/chunked-archive.js";
import type { ChunkedArchive, ChunkedArchiveOptions, FileInChunks } from "../../testing/chunked-archive.js";
import { noise, text } from "../../testing/sample-content.js";
import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createContentCutter } from "../chunks/content-cuts.js";
import { diffDirectory } from "./diff-directory.js";
import { syncDirectory } from "./sync-directory.js";

const chunkSize = 64 * 1024;
const cutAverage = 16 * 1024;

/** The sizes of content-defined chunks. */
function contentCuts(content: Uint8Array): number[] {
  const cutter = createContentCutter(cutAverage);
  const sizes: number[] = [];
  for (let from = 0; from < content.length;) {
    const cut = cutter.cutIn(content, from);
    const end = cut < 0 ? content.length : cut;
    sizes.push(end - from);
    from = end;
  }
  return sizes;
}

/** An archive of files in content-defined chunks. */
function contentArchive(files: readonly FileInChunks[]): Promise<ChunkedArchive> {
  const cut = files.map((file) => ({
    ...file,
    cuts: file.content.length === 0 ? undefined : contentCuts(file.content),
  }));
  return chunkedArchive(cut, { changeCuts: (cuts) => ({ ...cuts, chunkSize: cutAverage }) });
}

function archiveOf(
  files: Readonly<Record<string, Uint8Array>>,
  options: ChunkedArchiveOptions & { readonly compression?: "zstd" | "none"; readonly size?: number } = {},
): Promise<ChunkedArchive> {
  const { compression = "none", size = chunkSize, ...rest } = options;
  const list = Object.entries(files).map(([path, content]) => ({
    path,
    content,
    compression,
    cuts: content.length === 0 ? undefined : size,
  }));
  return chunkedArchive(list, rest);
}

function directoryOf(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  return scratchDirectory().then((directory) => writeTree(directory, files));
}

function changed(content: Uint8Array, ...places: readonly number[]): Buffer {
  const copy = Buffer.from(content);
  for (const place of places) copy[place] = (copy[place] ?? 0) ^ 1;
  return copy;
}

/** Does something as a user who may not read everything, and has these files. */
async function asNobody(files: readonly string[], work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return work();
  const nobody = 65_534;
  for (const file of files) chownSync(file, nobody, nobody);
  process.seteuid?.(nobody);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}

const bytesOf = ({ reads }: ChunkedArchive): number => reads.reduce((sum, { length }) => sum + length, 0);

/** Larger than what is read whole. */
const large = noise(40 * 1024 * 1024, "large");

describe("a large file is compared by its chunks", () => {
  test("the same when all agree, and for both hashes the index vouches", async () => {
    // An index that lies about the hash of the whole file: nothing that it wants can be written, and nothing is read for it.
    const archive = await archiveOf(
      { f: large },
      { changeEntry: (entry) => ({ ...entry, hash: new Uint8Array(32) }) },
    );
    const directory = await directoryOf({ f: large });
    expect(await diffDirectory(archive.open(), directory)).toEqual({
      added: [],
      removed: [],
      changed: [],
      skipped: [],
    });
  });

  test.each([0, 20_000_000, large.length - 1])("different when the byte at %i is", async (place) => {
    const archive = await archiveOf({ f: large });
    const directory = await directoryOf({ f: changed(large, place) });
    expect(await diffDirectory(archive.open(), directory)).toMatchObject({ changed: ["f"] });
    expect(await diffDirectory(archive.open(), directory, { stat: true })).toMatchObject({
      changed: ["f"],
      transferSize: chunkSize,
    });
  });
});

/** A file as it is in a directory, as an archive wants it, and how many chunks of that have to be fetched. */
interface Change {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly chunks: number;
}

/** Larger than what is fetched whole, and not a multiple of a chunk. */
const some = noise(80 * chunkSize + 100, "some");

const changes: Readonly<Record<string, Change>> = {
  "one byte": { before: some, after: changed(some, 3_000_000), chunks: 1 },
  "the last byte": { before: some, after: changed(some, some.length - 1), chunks: 1 },
  "two bytes, far from each other": { before: some, after: changed(some, 0, 4_000_000), chunks: 2 },
  "bytes at the end that were added": {
    before: some,
    after: Buffer.concat([some, noise(2 * chunkSize)]),
    chunks: 3,
  },
  "bytes at the end that were removed": { before: some, after: some.subarray(0, 5_000_000), chunks: 0 },
  "a whole chunk that was inserted": {
    before: some,
    after: Buffer.concat([some.subarray(0, 10 * chunkSize), noise(chunkSize), some.subarray(10 * chunkSize)]),
    chunks: 1,
  },
  "chunks that changed places": {
    before: some,
    after: Buffer.concat([
      some.subarray(20 * chunkSize, 80 * chunkSize),
      some.subarray(0, 20 * chunkSize),
      some.subarray(80 * chunkSize),
    ]),
    chunks: 0,
  },
  "the same again and again": {
    before: Buffer.alloc(chunkSize),
    after: Buffer.alloc(70 * chunkSize),
    chunks: 0,
  },
  "all of it": { before: some, after: noise(some.length, "other"), chunks: 81 },
  "nothing that is there": { before: new Uint8Array(), after: some, chunks: 81 },
};

describe("syncDirectory fetches of a large file what the directory does not have", () => {
  test.each(Object.entries(changes))("%s", async (_, { before, after, chunks }) => {
    const other = some.subarray(7, 90_000);
    for (const compression of ["none", "zstd"] as const) {
      const archive = await archiveOf({ "d/f": after, other }, { compression });
      const directory = await directoryOf({ "d/f": before, other });
      const opened = archive.open();
      const stored = Array.from(opened.chunks("d/f") ?? [], ({ storedSize }) => storedSize);
      const planned = await syncDirectory(opened, directory, { dryRun: true });
      expect(planned).toMatchObject({ written: ["d/f"], unchanged: 1, size: after.length });
      if (compression === "none") expect(planned.transferSize).toBeLessThanOrEqual(chunks * chunkSize);
      expect(await diffDirectory(opened, directory, { stat: true })).toMatchObject({
        transferSize: planned.transferSize,
      });
      expect(archive.reads).toEqual([]);
      expect(readFileSync(join(directory, "d/f")).equals(before)).toBe(true);

      expect(await syncDirectory(opened, directory)).toEqual(planned);
      expect(bytesOf(archive)).toBe(planned.transferSize);
      if (chunks === stored.length) {
        expect(bytesOf(archive)).toBe(stored.reduce((sum, size) => sum + size, 0));
      }
      expect(archive.reads.length).toBeLessThanOrEqual(2);
      expect(await readTree(directory)).toEqual({
        "d/": "",
        "d/f": Buffer.from(after).toString("latin1"),
        other: other.toString("latin1"),
      });
    }
  });

  test("one byte of 40 MiB: one chunk of 4 KiB, by one request", async () => {
    const size = 4096;
    const archive = await archiveOf({ f: large }, { size });
    const directory = await directoryOf({ f: changed(large, 33_333_333) });
    expect(await syncDirectory(archive.open(), directory)).toMatchObject({ transferSize: size });
    expect(archive.reads).toEqual([{ offset: 33_333_333 - (33_333_333 % size), length: size }]);
    expect(readFileSync(join(directory, "f")).equals(large)).toBe(true);
  });

  test("neighbours by one request", async () => {
    const archive = await archiveOf({ f: some });
    const directory = await directoryOf({ f: changed(some, 10 * chunkSize, 11 * chunkSize, 12 * chunkSize) });
    await syncDirectory(archive.open(), directory);
    expect(archive.reads).toEqual([{ offset: 10 * chunkSize, length: 3 * chunkSize }]);
  });

  test("chunks that an unchanged file has, for one that is missing", async () => {
    const copy = Buffer.concat([some, Buffer.from("end")]);
    const archive = await archiveOf({ a: some, b: copy });
    const directory = await directoryOf({ a: some });
    expect(await syncDirectory(archive.open(), directory)).toMatchObject({
      written: ["b"],
      transferSize: 103,
    });
    expect(bytesOf(archive)).toBe(103);
    expect(readFileSync(join(directory, "b")).equals(copy)).toBe(true);
  });

  test("two files that share chunks", async () => {
    const other = Buffer.concat([noise(chunkSize, "own"), some.subarray(chunkSize)]);
    const archive = await archiveOf({ a: some, b: other });
    const directory = await directoryOf({
      a: changed(some, 9 * chunkSize),
      b: changed(other, 30 * chunkSize),
    });
    expect(await syncDirectory(archive.open(), directory)).toMatchObject({ transferSize: 2 * chunkSize });
    expect(bytesOf(archive)).toBe(2 * chunkSize);
    expect(await readTree(directory)).toEqual({ a: some.toString("latin1"), b: other.toString("latin1") });
  });

  test("in proportion to an insert, where the content says the cuts", async () => {
    const before = noise(5_000_000, "inserted into");
    const after = Buffer.concat([
      before.subarray(0, 2_900_000),
      Buffer.from("inserted"),
      before.subarray(2_900_000),
    ]);
    const archive = await contentArchive([{ path: "f", content: after }]);
    const directory = await directoryOf({ f: before });
    const { transferSize } = await syncDirectory(archive.open(), directory);
    expect(transferSize).toBeLessThan(8 * cutAverage);
    expect(bytesOf(archive)).toBe(transferSize);
    expect(readFileSync(join(directory, "f")).equals(after)).toBe(true);
  });

  test("with `delete`, and when a directory is in the way", async () => {
    const archive = await archiveOf({ a: some, b: some.subarray(1) });
    const directory = await directoryOf({ "a/x": some, b: changed(some.subarray(1), 5), c: some });
    expect(await syncDirectory(archive.open(), directory, { delete: true })).toMatchObject({
      written: ["a", "b"],
      deleted: ["a/x", "c"],
      transferSize: some.length + chunkSize,
    });
    expect(bytesOf(archive)).toBe(some.length + chunkSize);
    expect(await readTree(directory)).toEqual({
      a: some.toString("latin1"),
      b: some.subarray(1).toString("latin1"),
    });
  });
});

describe("what a directory has is never believed", () => {
  test("a link is not followed, also to what would fit", async () => {
    const archive = await archiveOf({ f: some });
    const outside = await directoryOf({ f: changed(some, 5) });
    const directory = await scratchDirectory();
    symlinkSync(join(outside, "f"), join(directory, "f"));
    expect(await syncDirectory(archive.open(), directory)).toMatchObject({ transferSize: some.length });
    expect(bytesOf(archive)).toBe(some.length);
    expect(await readTree(directory)).toEqual({ f: some.toString("latin1") });
    expect(await readTree(outside)).toEqual({ f: changed(some, 5).toString("latin1") });
  });

  test("a file that differs and cannot be read is replaced", async () => {
    const archive = await archiveOf({ f: some });
    const directory = await directoryOf({ f: some.subarray(1) });
    await asNobody([directory, join(directory, "f")], async () => {
      chmodSync(join(directory, "f"), 0);
      expect(await syncDirectory(archive.open(), directory)).toMatchObject({ transferSize: some.length });
    });
    expect(readFileSync(join(directory, "f")).equals(some)).toBe(true);
  });

  test("a wrong chunk is an error that names it, and the old file stays", async () => {
    const archive = await archiveOf({ f: some });
    const old = changed(some, 10 * chunkSize);
    const directory = await directoryOf({ f: old });
    archive.data[10 * chunkSize + 5] = (archive.data[10 * chunkSize + 5] ?? 0) ^ 1;
    await expect(syncDirectory(archive.open(), directory)).rejects.toMatchObject({
      code: "HashMismatch",
      path: "f",
      message: expect.stringContaining("chunk 10") as unknown,
    });
    expect(await readTree(directory)).toEqual({ f: old.toString("latin1") });
  });

  test("a file with the right chunks and a wrong hash is not written", async () => {
    const archive = await archiveOf(
      { f: some },
      { changeEntry: (entry) => ({ ...entry, hash: new Uint8Array(32) }) },
    );
    const old = changed(some, 10 * chunkSize);
    const directory = await directoryOf({ f: old });
    await expect(syncDirectory(archive.open(), directory)).rejects.toMatchObject({
      code: "HashMismatch",
      path: "f",
    });
    expect(await readTree(directory)).toEqual({ f: old.toString("latin1") });
  });

  test.each(["changes", "is cut off"])(
    "a file that %s after it was looked at: the rest is fetched",
    async (how) => {
      const file = join(await scratchDirectory(), "f");
      let isFirst = true;
      const archive = await archiveOf(
        { f: some, a: noise(10_000, "first") },
        {
          read: (read) =>
            async function* (range, options) {
              // While the small one is fetched, which comes first.
              if (isFirst) {
                isFirst = false;
                writeFileSync(
                  file,
                  how === "changes" ? changed(some, 20 * chunkSize) : some.subarray(0, 3 * chunkSize),
                );
              }
              yield* read(range, options);
            },
        },
      );
      writeFileSync(file, changed(some, 10 * chunkSize));
      await syncDirectory(archive.open(), join(file, ".."));
      expect(readFileSync(file).equals(some)).toBe(true);
    },
  );
});

test("any edits: the directory becomes what the archive is, and no more moves than was planned", async () => {
  const piece = fc.oneof(
    fc
      .tuple(fc.nat(40), fc.nat(10))
      .map(([from, count]) => some.subarray(from * chunkSize, (from + count) * chunkSize)),
    fc.tuple(fc.nat(some.length), fc.nat(300_000)).map(([from, count]) => some.subarray(from, from + count)),
    fc.tuple(fc.string({ maxLength: 3 }), fc.nat(90_000)).map(([seed, size]) => noise(size, seed)),
    fc.nat(200_000).map((size) => Buffer.alloc(size)),
  );
  /** Mostly large enough to be fetched by chunks, and small ones as well. */
  const content = fc
    .tuple(
      fc.array(piece, { maxLength: 4 }),
      fc.option(fc.nat(10), { freq: 4 }),
      fc.array(piece, { maxLength: 4 }),
    )
    .map(([before, without, after]) => {
      const middle = without === null ? [] : [some.subarray(without * chunkSize)];
      return Buffer.concat([...before, ...middle, ...after]);
    });
  const trees = fc.dictionary(fc.constantFrom("a", "b", "c/d"), content, { maxKeys: 2 });
  await fc.assert(
    fc.asyncProperty(
      trees,
      trees,
      fc.boolean(),
      fc.constantFrom("none" as const, "zstd" as const),
      async (before, after, byContent, compression) => {
        const archive = byContent
          ? await contentArchive(
              Object.entries(after).map(([path, file]) => ({ path, content: file, compression })),
            )
          : await archiveOf(after, { compression });
        const opened = archive.open();
        const directory = await directoryOf(before);
        const planned = await syncDirectory(opened, directory, { delete: true, dryRun: true });
        expect(await syncDirectory(opened, directory, { delete: true })).toEqual(planned);
        expect(bytesOf(archive)).toBeLessThanOrEqual(planned.transferSize);
        for (const [path, bytes] of Object.entries(after)) {
          expect(readFileSync(join(directory, path)).equals(bytes)).toBe(true);
        }
        expect(await syncDirectory(opened, directory, { delete: true })).toMatchObject({
          written: [],
          deleted: [],
          transferSize: 0,
        });
      },
    ),
    { numRuns: 12 },
  );
});

describe("diffArchives says what a sync moves", () => {
  test.each(Object.entries(changes))("%s", async (_, { before, after }) => {
    const old = await archiveOf({ f: before, same: some.subarray(0, 10) });
    const now = await archiveOf({ f: after, same: some.subarray(0, 10) });
    const { transferSize } = diffArchives(old.open(), now.open(), { stat: true });
    const directory = await directoryOf({ f: before, same: some.subarray(0, 10) });
    const sync = await syncDirectory(now.open(), directory, { dryRun: true });
    // A sync also finds the beginning of a chunk that was cut off.
    expect(transferSize ?? -1).toBeGreaterThanOrEqual(sync.transferSize);
    expect((transferSize ?? -1) - sync.transferSize).toBeLessThan(chunkSize);
  });

  test("of archives that do not say their chunks, all of each changed file", async () => {
    const old = await chunkedArchive([{ path: "f", content: large }]);
    const now = await chunkedArchive([
      { path: "f", content: changed(large, 5) },
      { path: "n", content: Buffer.from(text(100)) },
      { path: "n2", content: Buffer.from(text(100)) },
    ]);
    expect(diffArchives(old.open(), now.open(), { stat: true }).transferSize).toBe(large.length + 100);
    expect(diffArchives(old.open(), old.open(), { stat: true }).transferSize).toBe(0);
    expect(diffArchives(old.open(), now.open()).transferSize).toBeUndefined();
  });
});
