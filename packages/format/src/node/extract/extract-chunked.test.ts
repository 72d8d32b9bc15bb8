import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { compilePackage, mountTmpfs } from "@blob/testing";

import type { Archive } from "../../archive.js";
import type { Entry } from "../../entry.js";
import { chunkedArchive } from "../../testing/chunked-archive.js";
import type { ChunkedArchive, ChunkedArchiveOptions, FileInChunks } from "../../testing/chunked-archive.js";
import { noise, text } from "../../testing/sample-content.js";
import { scratchDirectory } from "../../testing/scratch-directory.js";
import type { ExtractOptions } from "./extract-options.js";
import type * as extractModule from "./extract.js";
import type * as destinationModule from "./destination.js";
import type * as syncModule from "../sync/sync-directory.js";
import type * as nameModule from "./partial-name.js";

const compiled = compilePackage("format");
const load = async <T>(path: string): Promise<T> => (await import(new URL(path, compiled).href)) as T;
const { extractArchive, extractInto } = await load<typeof extractModule>("node/extract/extract.js");
const { openDestination } = await load<typeof destinationModule>("node/extract/destination.js");
const { syncDirectory } = await load<typeof syncModule>("node/sync/sync-directory.js");
const { freePartialName, partialName } = await load<typeof nameModule>("node/extract/partial-name.js");

const kibibyte = 1024;
const chunkSize = 64 * kibibyte;
const count = 80;

/** Text, noise and zeros in turn; the last chunk is short. */
function contentOf(seed: string): Buffer {
  const parts = Array.from({ length: count }, (_, at) => {
    if (at % 5 === 2) return Buffer.alloc(chunkSize);
    return at % 2 === 0 ? Buffer.from(text(chunkSize, `${seed} ${at} `)) : noise(chunkSize, `${seed} ${at}`);
  });
  return Buffer.concat(parts).subarray(0, count * chunkSize - 1000);
}

const content = contentOf("one");
/** The same with another chunk 7, and something appended. */
const changed = Buffer.concat([content, noise(70_000, "appended")]);
noise(chunkSize, "changed").copy(changed, 7 * chunkSize);

const large = (more: Partial<FileInChunks> = {}): FileInChunks => ({
  path: "d/large",
  content,
  compression: "zstd",
  cuts: chunkSize,
  ...more,
});

const archiveOf = (
  more: Partial<FileInChunks> = {},
  options?: ChunkedArchiveOptions,
): Promise<ChunkedArchive> => chunkedArchive([large(more)], options);

let made: ChunkedArchive;
beforeAll(async () => {
  made = await archiveOf();
});

/** What there is beside the file. */
const leftIn = (directory: string): string[] =>
  readdirSync(join(directory, "d")).filter((name) => name !== "large");

const isWhole = (directory: string, whole = content): boolean =>
  readFileSync(join(directory, "d/large")).equals(whole);

/** Bytes that were asked of the source since the last time. */
function fetched({ reads }: ChunkedArchive): number {
  return reads.splice(0).reduce((sum, { length }) => sum + length, 0);
}

function entryOf(archive: Archive): Entry {
  const entry = archive.entry("d/large");
  if (entry === undefined) throw new Error("The archive has no such file");
  return entry;
}

/** Ends an extraction when so many bytes are done. */
async function interrupt(
  from: ChunkedArchive,
  directory: string,
  options: ExtractOptions = {},
  after = 20 * chunkSize,
): Promise<void> {
  const abort = new AbortController();
  const extracting = extractArchive(from.open(), directory, {
    ...options,
    signal: abort.signal,
    onProgress: ({ bytesDone }) => {
      if (bytesDone >= after) abort.abort(new Error("enough"));
    },
  });
  await expect(extracting).rejects.toThrow("enough");
  from.reads.splice(0);
}

describe.each([0, 1, 2])("a large file, with %i threads", (workers) => {
  test.each([
    ["compressed", {}],
    ["as it is", { compression: "none" as const }],
    ["cut where its content says", { cuts: [70_000, 30_000, 4_000_000, content.length - 4_100_000] }],
  ])("is the same, %s", async (_name, more) => {
    const from = await archiveOf(more);
    const directory = await scratchDirectory();
    const seen: number[] = [];
    const result = await extractArchive(from.open(), directory, {
      workers,
      preserveMode: true,
      preserveTimes: true,
      onProgress: ({ bytesDone }) => seen.push(bytesDone),
    });
    expect(result).toEqual({ files: 1, size: content.length, skipped: [], notKept: [] });
    expect(isWhole(directory)).toBe(true);
    expect(leftIn(directory)).toEqual([]);
    const stats = statSync(join(directory, "d/large"));
    expect([stats.mode & 0o777, stats.mtimeMs]).toEqual([0o644, 1_700_000_000_000]);
    if (process.platform === "linux") expect(stats.blocks * 512).toBeLessThan(content.length);
    // One request for all of it.
    expect(from.reads).toHaveLength(1);
    expect(from.openReads()).toBe(0);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(content.length);
  });

  test("goes on where an abort has ended it", async () => {
    const directory = await scratchDirectory();
    await interrupt(made, directory, { workers });
    expect(leftIn(directory)).toHaveLength(1);
    expect(made.openReads()).toBe(0);
    const seen: number[] = [];
    const onProgress = ({ bytesDone }: { readonly bytesDone: number }): void => void seen.push(bytesDone);
    expect(await extractArchive(made.open(), directory, { workers, onProgress })).toMatchObject({ files: 1 });
    expect(isWhole(directory)).toBe(true);
    expect(leftIn(directory)).toEqual([]);
    const { dataSize } = made.open();
    // What was there is verified before anything is fetched.
    expect(made.reads).toHaveLength(1);
    expect(made.reads[0]?.offset).toBeGreaterThanOrEqual(storedBefore(20));
    expect(fetched(made)).toBeLessThanOrEqual(dataSize - storedBefore(20));
    expect(seen.at(-1)).toBe(content.length);
  });

  test("a byte that is wrong in any chunk is an error that names it, and nothing is left", async () => {
    for (const how of ["zstd", "none"] as const) {
      const from = await archiveOf({ compression: how, cuts: 2_000_000 });
      const chunks = [...(from.open().chunks("d/large") ?? [])];
      expect(chunks).toHaveLength(3);
      for (const { index, dataOffset, storedSize } of chunks) {
        const directory = await scratchDirectory();
        const at = dataOffset + Math.floor(storedSize / 2);
        from.data[at] = (from.data[at] ?? 0) ^ 1;
        await expect(extractArchive(from.open(), directory, { workers })).rejects.toMatchObject({
          name: "FormatError",
          code: expect.stringMatching(how === "none" ? "HashMismatch" : "HashMismatch|Decompression"),
          path: "d/large",
          message: expect.stringContaining(`chunk ${index}, bytes ${index * 2_000_000} to`),
        });
        from.data[at] = (from.data[at] ?? 0) ^ 1;
        expect(readdirSync(join(directory, "d"))).toEqual([]);
      }
    }
  });

  test("a hash that lies is an error, of a chunk as of the file", async () => {
    const lies: ChunkedArchiveOptions[] = [
      {
        changeCuts: (cuts) => ({
          ...cuts,
          hashes: cuts.hashes.map((byte, at) => (at === 32 * 9 ? byte ^ 1 : byte)),
        }),
      },
      {
        changeEntry: (entry) => ({
          ...entry,
          hash: entry.hash.map((byte, at) => (at === 0 ? byte ^ 1 : byte)),
        }),
      },
    ];
    for (const lie of lies) {
      const from = await archiveOf({}, lie);
      const directory = await scratchDirectory();
      await expect(extractArchive(from.open(), directory, { workers })).rejects.toMatchObject({
        code: "HashMismatch",
        path: "d/large",
      });
      expect(readdirSync(join(directory, "d"))).toEqual([]);
    }
  });
});

/** Where chunk `index` begins in the data part. */
function storedBefore(index: number): number {
  return made.open().chunks("d/large")?.at(index)?.dataOffset ?? 0;
}

describe("what an earlier run has left", () => {
  test("after a failure of the source is used, with holes in it, too", async () => {
    const directory = await scratchDirectory();
    const failing = await archiveOf(
      {},
      {
        read: (read) =>
          async function* (range, options) {
            let left = storedBefore(50) - range.offset;
            for await (const bytes of read(range, options)) {
              if (left < bytes.length) {
                yield bytes.subarray(0, left);
                throw new Error("The network is gone");
              }
              left -= bytes.length;
              yield bytes;
            }
          },
      },
    );
    await expect(extractArchive(failing.open(), directory)).rejects.toThrow("The network is gone");
    const [name = ""] = leftIn(directory);
    const location = join(directory, "d", name);
    // A chunk in the middle is not what it was, and one is too short.
    const left = readFileSync(location);
    left.fill(1, 12 * chunkSize, 12 * chunkSize + 10);
    writeFileSync(location, left);
    truncateSync(location, 41 * chunkSize - 1);
    await extractArchive(made.open(), directory, { workers: 2 });
    expect(isWhole(directory)).toBe(true);
    expect(leftIn(directory)).toEqual([]);
    expect(made.reads.map(({ offset }) => offset)).toEqual([storedBefore(12), storedBefore(40)]);
    expect(fetched(made)).toBe(storedBefore(13) - storedBefore(12) + made.data.length - storedBefore(40));
  });

  test("stays when the next run is ended before it has looked at it", async () => {
    const directory = await scratchDirectory();
    await interrupt(made, directory);
    await interrupt(made, directory, {}, 1);
    await interrupt(made, directory, { workers: 2 }, 1);
    expect(leftIn(directory)).toHaveLength(1);
    await extractArchive(made.open(), directory);
    expect(fetched(made)).toBeLessThanOrEqual(made.data.length - storedBefore(20));
    expect(leftIn(directory)).toEqual([]);
  });

  test("is used as far as it is right when the archive is another one, and too long", async () => {
    const directory = await scratchDirectory();
    const longer = await archiveOf({ content: changed });
    await interrupt(longer, directory, {}, 78 * chunkSize);
    await extractArchive(made.open(), directory, { workers: 2 });
    expect(isWhole(directory)).toBe(true);
    expect(leftIn(directory)).toEqual([]);
    expect(made.reads[0]).toMatchObject({
      offset: storedBefore(7),
      length: storedBefore(8) - storedBefore(7),
    });
    expect(fetched(made)).toBeLessThan(
      storedBefore(8) - storedBefore(7) + made.data.length - storedBefore(76),
    );
  });

  test("may be anything: zeros are written where it has something else", async () => {
    const directory = await scratchDirectory();
    mkdirSync(join(directory, "d"));
    const name = join(directory, "d", freePartialName("large", "0123456789abcdef"));
    writeFileSync(name, Buffer.alloc(content.length + 5000, 0xff), { mode: 0o600 });
    chmodSync(name, 0o600);
    await extractArchive(made.open(), directory);
    fetched(made);
    expect(isWhole(directory)).toBe(true);
    // It was the owner's only.
    expect(statSync(join(directory, "d/large")).mode & 0o777).toBe(0o644);
    expect(leftIn(directory)).toEqual([]);
  });

  test("is not used when others may write to it", async () => {
    if (process.platform === "win32") return console.log("not tested: modes, which Windows has not");
    const directory = await scratchDirectory();
    await interrupt(made, directory);
    const [name = ""] = leftIn(directory);
    chmodSync(join(directory, "d", name), 0o666);
    await extractArchive(made.open(), directory);
    expect(fetched(made)).toBe(made.data.length);
    expect(leftIn(directory)).toEqual([]);
  });

  test("is not used when it is a link, a directory, or has another name; what it leads to is left alone", async () => {
    const directory = await scratchDirectory();
    const elsewhere = join(directory, "elsewhere");
    const mine = content.map((byte) => byte ^ 1);
    writeFileSync(elsewhere, mine);
    mkdirSync(join(directory, "d"));
    const nameOf = (run: string): string =>
      join(directory, "d", freePartialName("large", run.padEnd(16, "0")));
    symlinkSync(elsewhere, nameOf("1"));
    linkSync(elsewhere, nameOf("2"));
    mkdirSync(nameOf("3"));
    await extractArchive(made.open(), directory);
    expect(fetched(made)).toBe(made.data.length);
    expect(isWhole(directory)).toBe(true);
    expect(statSync(join(directory, "d/large")).nlink).toBe(1);
    expect(readFileSync(elsewhere).equals(mine)).toBe(true);
    expect(statSync(elsewhere).nlink).toBe(1);
    expect(leftIn(directory).map((name) => join(directory, "d", name))).toEqual([nameOf("3")]);
  });

  test("is left alone while its process works on it, or somebody of whom nothing is known", async () => {
    const directory = await scratchDirectory();
    await interrupt(made, directory);
    const [name = ""] = leftIn(directory);
    const own = partialName("large", "0123456789abcdef");
    const others = own.replace(/-[0-9a-f]{8}-[0-9a-f]{8}-/, "-00000000-00000000-");
    expect(others).not.toBe(own);
    for (const kept of [own, others]) {
      renameSync(join(directory, "d", leftIn(directory)[0] ?? name), join(directory, "d", kept));
      await extractArchive(made.open(), directory, { overwrite: true });
      expect(fetched(made)).toBe(made.data.length);
      expect(leftIn(directory)).toEqual([kept]);
    }
    // Until nobody has written to it for long: then it is read, and goes.
    utimesSync(join(directory, "d", others), new Date(0), new Date(0));
    await extractArchive(made.open(), directory, { overwrite: true });
    expect(fetched(made)).toBeLessThanOrEqual(made.data.length - storedBefore(20));
    expect(isWhole(directory)).toBe(true);
    expect(leftIn(directory)).toEqual([]);
  });

  test("goes when the file is there already, and stays when the destination is emptied to go on", async () => {
    const directory = await scratchDirectory();
    await interrupt(made, directory);
    writeFileSync(join(directory, "d/large"), "mine");
    expect(await extractArchive(made.open(), directory)).toMatchObject({ skipped: ["d/large"] });
    expect(leftIn(directory)).toEqual([]);
    await interrupt(made, directory, { overwrite: true });
    expect(leftIn(directory)).toHaveLength(1);
    writeFileSync(join(directory, "d/other"), "mine");
    writeFileSync(join(directory, freePartialName("large", "0123456789abcdef")), "of something else");
    await extractArchive(made.open(), directory, { clean: true });
    expect(fetched(made)).toBeLessThanOrEqual(made.data.length - storedBefore(20));
    expect(isWhole(directory)).toBe(true);
    expect(leftIn(directory)).toEqual([]);
    expect(readdirSync(directory)).toEqual(["d"]);
  });

  test("is what a sync goes on with, and does not keep when the archive has no such file", async () => {
    const directory = await scratchDirectory();
    await interrupt(made, directory);
    writeFileSync(join(directory, freePartialName("large", "0123456789abcdef")), "of something else");
    await syncDirectory(made.open(), directory, { delete: true });
    expect(fetched(made)).toBeLessThanOrEqual(made.data.length - storedBefore(20));
    expect(isWhole(directory)).toBe(true);
    expect(readdirSync(directory, { recursive: true, encoding: "utf8" }).toSorted()).toEqual([
      "d",
      join("d", "large"),
    ]);
  });
});

test("two at once into one directory both end well", async () => {
  const directory = await scratchDirectory();
  await interrupt(made, directory);
  const other = await archiveOf({ content: changed });
  const outcomes = await Promise.all([
    extractArchive(made.open(), directory, { overwrite: true, workers: 1 }),
    extractArchive(other.open(), directory, { overwrite: true, workers: 1 }),
    extractArchive(made.open(), directory, { overwrite: true, workers: 0 }),
  ]);
  fetched(made);
  expect(outcomes.map(({ files }) => files)).toEqual([1, 1, 1]);
  expect(isWhole(directory) || isWhole(directory, changed)).toBe(true);
  expect(leftIn(directory)).toEqual([]);
});

test("several large files, and small ones beside them", async () => {
  const directory = await scratchDirectory();
  const files = Array.from({ length: 5 }, (_, at) => large({ path: `f${at}`, content: contentOf(`f${at}`) }));
  const small = Array.from({ length: 50 }, (_, at) => ({
    path: `s/${at}`,
    content: Buffer.from(text(at * 100)),
  }));
  const from = await chunkedArchive([...files, ...small]);
  expect(await extractArchive(from.open(), directory, { workers: 2, readAheadBytes: 1 })).toMatchObject({
    files: 55,
  });
  for (const { path, content: whole } of [...files, ...small]) {
    expect(readFileSync(join(directory, path)).equals(whole), path).toBe(true);
  }
  expect(readdirSync(directory).filter((name) => name.startsWith("."))).toEqual([]);
});

test("chunks that are said to be on this machine are copied, and fetched when they are not there", async () => {
  const directory = await scratchDirectory();
  const old = join(directory, "old");
  writeFileSync(old, Buffer.concat([Buffer.from("shifted"), content.subarray(0, 30 * chunkSize)]));
  const file = { handle: openSync(old, "r"), name: "old" };
  onTestFinished(() => closeSync(file.handle));
  const destination = openDestination(directory);
  onTestFinished(() => destination.close());
  let closed = 0;
  await extractInto(made.open(), destination, {
    workers: 2,
    localChunks: (entry) => {
      expect(entry).toEqual(entryOf(made.open()));
      return {
        // Of three it is not true.
        find: ({ index, offset }) => (index >= 3 && index < 33 ? { file, offset: 7 + offset } : undefined),
        close: () => closed++,
      };
    },
  });
  expect(isWhole(directory)).toBe(true);
  expect(closed).toBe(1);
  expect(made.reads.map(({ offset }) => offset).toSorted((a, b) => a - b)).toEqual(
    [0, 30, 31, 32, 33].map(storedBefore),
  );
  fetched(made);
});

test("a disk that is full keeps what it has, and the next run goes on", async () => {
  const directory = await scratchDirectory();
  if (!mountTmpfs(directory, "size=3m")) return;
  await expect(extractArchive(made.open(), directory, { workers: 2 })).rejects.toMatchObject({
    name: "FormatError",
    code: "FileSystem",
    path: "d/large",
    message: expect.stringMatching(/write chunk \d+ of "d\/large": no space is left/),
  });
  fetched(made);
  expect(leftIn(directory)).toHaveLength(1);
  execFileSync("mount", ["-o", "remount,size=30m", directory]);
  await extractArchive(made.open(), directory, { workers: 2 });
  expect(fetched(made)).toBeLessThan(made.data.length);
  expect(isWhole(directory)).toBe(true);
  expect(leftIn(directory)).toEqual([]);
});
