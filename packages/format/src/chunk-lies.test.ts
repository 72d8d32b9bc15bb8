import { describe, expect, test } from "vitest";

import type { Archive } from "./archive.js";
import type { Chunk } from "./entry.js";
import { isFormatError } from "./errors.js";
import { createNodeZstd, nodeSha256 } from "./node/index.js";
import { openArchive } from "./reading/archive-reader.js";
import { bufferSource } from "./sources/buffer-source.js";
import { chunkedArchive } from "./testing/chunked-archive.js";
import { records } from "./testing/chunked-goldens.js";
import { collectBytes } from "./testing/collect.js";
import { goldenArchives } from "./testing/golden-archives.js";
import { rawIndex } from "./testing/raw-index.js";
import type { RawChunkedFile } from "./testing/raw-index.js";
import { rawParts } from "./testing/raw-parts.js";

/** The archive that `createArchive` made has chunks of megabytes; those of the others are small. */
const archives = goldenArchives.filter(({ chunks }) => Object.keys(chunks ?? {}).length > 0);

async function open(index: Uint8Array, data: Uint8Array): Promise<Archive> {
  const { decoder } = await createNodeZstd();
  return openArchive(index, bufferSource(data, { id: "lies" }), { zstd: decoder, sha256: nodeSha256 });
}

/** The paths of files that are described, once for each description, and their chunks. */
function describedIn(archive: Archive): { path: string; part: number; chunks: Chunk[] }[] {
  return rawParts(archive).chunkedFiles.map(({ entry = 0 }, part) => {
    const path = Array.from(archive.entries())[entry]?.path ?? "";
    return { path, part, chunks: Array.from(archive.chunks(path) ?? []) };
  });
}

/** The same archive, but for what is said of one file. */
function indexWith(
  archive: Archive,
  which: number,
  change: (part: RawChunkedFile & { hashes: Uint8Array }) => RawChunkedFile,
): Uint8Array {
  const parts = rawParts(archive);
  const chunkedFiles = parts.chunkedFiles.map((part, i) => (i === which ? change(part) : part));
  return rawIndex({ ...parts, chunkedFiles });
}

function plus(numbers: readonly number[] | undefined, changes: Record<number, number>): number[] | undefined {
  return numbers?.map((number, i) => number + (changes[i] ?? 0));
}

/** A part of the chunk is refused with an error that names it; all other chunks of the file are what they were. */
async function expectRefused(archive: Archive, path: string, bad: readonly Chunk[]): Promise<void> {
  for (const { index, offset, size } of bad) {
    for (const range of [
      { offset, length: 1 },
      { offset: offset + size - 1, length: 1 },
    ]) {
      const failure = await archive.readFile(path, { range }).then(
        () => undefined,
        (error: unknown) => error,
      );
      const isNamed =
        isFormatError(failure) &&
        ["HashMismatch", "Decompression"].includes(failure.code) &&
        failure.path === path &&
        failure.message.includes(JSON.stringify(path)) &&
        failure.message.includes(`chunk ${index},`);
      if (!isNamed) expect(failure, `chunk ${index} of ${path}`).toBe("an error that names it");
    }
  }
  await expect(collectBytes(archive.stream(path))).rejects.toMatchObject({ path });
}

async function expectRight(
  archive: Archive,
  right: Archive,
  path: string,
  good: readonly Chunk[],
): Promise<void> {
  for (const { offset, size } of good) {
    const range = { offset, length: size };
    const content = await archive.readFile(path, { range });
    expect(Buffer.compare(content, await right.readFile(path, { range }))).toBe(0);
  }
}

describe.each(archives)("of $name,", ({ index, data }) => {
  test("a byte of any chunk that is another one is refused, and names it", async () => {
    const right = await open(index, data);
    for (const { path, chunks } of describedIn(right)) {
      const isCompressed = right.entry(path)?.compression === "zstd";
      for (const chunk of chunks) {
        const { dataOffset, storedSize } = chunk;
        // What a frame ends with may be a checksum, which not every decoder has a look at.
        const places = isCompressed ? [0, storedSize >> 1] : [0, storedSize >> 1, storedSize - 1];
        for (const place of places) {
          const damaged = data.slice();
          damaged[dataOffset + place] = (damaged[dataOffset + place] ?? 0) ^ 0xff;
          const archive = await open(index, damaged);
          await expectRefused(archive, path, [chunk]);
          const neighbours = chunks.filter((one) => Math.abs(one.index - chunk.index) === 1);
          await expectRight(archive, right, path, neighbours);
        }
      }
    }
  });

  test("a byte of any chunk's hash that is another one is refused, and names the chunk", async () => {
    const right = await open(index, data);
    for (const { path, part, chunks } of describedIn(right)) {
      for (const chunk of chunks) {
        for (const place of [0, 31]) {
          const archive = await open(
            indexWith(right, part, ({ hashes, ...rest }) => {
              const changed = hashes.slice();
              changed[32 * chunk.index + place] = (changed[32 * chunk.index + place] ?? 0) ^ 1;
              return { ...rest, hashes: changed };
            }),
            data,
          );
          await expectRefused(archive, path, [chunk]);
        }
      }
    }
  });

  test("a size or stored size that is another one is refused when the archive is opened", async () => {
    const right = await open(index, data);
    for (const { path, part, chunks } of describedIn(right)) {
      for (const { index: at } of chunks) {
        for (const by of [-1, 1]) {
          for (const changed of ["sizes", "storedSizes"] as const) {
            if (rawParts(right).chunkedFiles[part]?.[changed] === undefined) continue;
            const wrong = indexWith(right, part, (one) => ({
              ...one,
              [changed]: plus(one[changed], { [at]: by }),
            }));
            await expect(open(wrong, data)).rejects.toMatchObject({ code: "InvalidIndex", path });
          }
        }
      }
    }
  });

  test("a cut that is a byte further is refused when its chunks are read, and names them", async () => {
    const right = await open(index, data);
    for (const { path, part, chunks } of describedIn(right)) {
      for (const chunk of chunks.slice(1)) {
        const before = chunk.index - 1;
        for (const changed of ["sizes", "storedSizes"] as const) {
          if (rawParts(right).chunkedFiles[part]?.[changed] === undefined) continue;
          const archive = await open(
            indexWith(right, part, (one) => ({
              ...one,
              [changed]: plus(one[changed], { [before]: 1, [chunk.index]: -1 }),
              // As one would have it who knows what it is for.
              sizesHash: undefined,
            })),
            data,
          ).catch((error: unknown) => {
            // The smallest chunk cannot become smaller.
            expect(error).toMatchObject({ code: "InvalidIndex", path });
          });
          if (archive === undefined) continue;
          const both = [archive.chunks(path)?.at(before), archive.chunks(path)?.at(chunk.index)];
          await expectRefused(
            archive,
            path,
            both.flatMap((one) => one ?? []),
          );
        }
      }
    }
  });
});

describe("an index that contradicts itself, which only whoever vouches for it can make", () => {
  const told = records(300, "told").subarray(0, 12_000);
  const other = records(300, "other").subarray(0, 12_000);
  const range = { offset: 5000, length: 100 };

  test("gives parts that the chunks' hashes vouch for, and no whole file", async () => {
    const files = [{ path: "a", content: other, cuts: 4096, compression: "zstd" as const }];
    const { index, data } = await chunkedArchive(files, {
      changeEntry: (entry) => ({ ...entry, hash: nodeSha256.hash(told) }),
    });
    const archive = await open(index, data);
    const part = await archive.readFile("a", { range });
    expect(Buffer.compare(part, other.subarray(5000, 5100))).toBe(0);
    await expect(archive.readFile("a")).rejects.toMatchObject({ code: "HashMismatch", path: "a" });
    await expect(collectBytes(archive.stream("a"))).rejects.toMatchObject({ code: "HashMismatch" });
  });

  test("moves chunks of a compressed file only, and as a whole it is refused", async () => {
    const cuts = [4100, 4096, 3804];
    const places = [4096, 4096, 3808];
    for (const compression of ["zstd", "none"] as const) {
      const { index, data } = await chunkedArchive([{ path: "a", content: told, cuts, compression }]);
      const right = await open(index, data);
      const byChance = indexWith(right, 0, (part) => ({ ...part, sizes: places }));
      await expect(open(byChance, data)).rejects.toMatchObject({
        code: "InvalidIndex",
        path: "a",
        message: expect.stringContaining("their sizes do not have their hash"),
      });
      const lying = indexWith(right, 0, (part) => ({ ...part, sizes: places, sizesHash: undefined }));
      const archive = await open(lying, data);
      for (const offset of [0, 8192])
        await expect(archive.readFile("a", { range: { offset, length: 10 } })).rejects.toMatchObject({
          path: "a",
        });
      const moved = archive.readFile("a", { range: { offset: 4096, length: 10 } });
      if (compression === "none") await expect(moved).rejects.toMatchObject({ code: "HashMismatch" });
      else expect(Buffer.compare(await moved, told.subarray(4100, 4110))).toBe(0);
      await expect(collectBytes(archive.stream("a"))).rejects.toMatchObject({ path: "a" });
    }
  });

  test("and with all of another file's table under this file's data, nothing", async () => {
    const [one, two] = await Promise.all(
      [told, other].map((content) => chunkedArchive([{ path: "a", content, cuts: 4096 }])),
    );
    if (one === undefined || two === undefined) throw new Error("There are no archives");
    const parts = rawParts(await open(one.index, one.data));
    const { chunkedFiles } = rawParts(await open(two.index, two.data));
    const archive = await open(rawIndex({ ...parts, chunkedFiles }), one.data);
    await expect(archive.readFile("a", { range })).rejects.toMatchObject({ code: "HashMismatch", path: "a" });
  });
});
