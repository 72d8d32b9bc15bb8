import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { noise, text } from "../../testing/sample-content.js";
import { scratchDirectory } from "../../testing/scratch-directory.js";
import { createNodeZstd } from "../zstd/node-zstd.js";
import type { PromisedChunk, WriteChunk } from "./chunk-job.js";
import type { OpenFile } from "./open-file.js";
import type * as stageModule from "./chunk-stage.js";
import { createChunkStage as createFromSources } from "./chunk-stage.js";

const compiled = compilePackage("format");
const { createChunkStage }: typeof stageModule = await import(
  new URL("node/chunks/chunk-stage.js", compiled).href
);
const { encoder } = await createNodeZstd();

const size = 1_000_003;
const contents = [
  Buffer.from(text(size)),
  noise(size),
  Buffer.alloc(size),
  Buffer.from(text(size, "something else ")),
];
const whole = Buffer.concat(contents);

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function chunkOf(index: number, content: Uint8Array = contents[index] ?? Buffer.alloc(0)): PromisedChunk {
  return { path: "the file", index, offset: index * size, size: content.length, hash: sha256(content) };
}

function open(path: string, flags = "w+"): OpenFile {
  const handle = openSync(path, flags);
  onTestFinished(() => closeSync(handle));
  return { handle, name: "the target" };
}

function jobOf(index: number, target: OpenFile, isCompressed: boolean, isSparse = true): WriteChunk {
  const content = contents[index] ?? Buffer.alloc(0);
  const stored = new Uint8Array(isCompressed ? encoder.compress(content, 3) : content);
  return { chunk: chunkOf(index), stored, isCompressed, target, isSparse };
}

function stageWith(workers: number): stageModule.ChunkStage {
  const stage = createChunkStage({ workers, bytes: whole.length });
  onTestFinished(() => stage.close());
  return stage;
}

describe.each([0, 1, 3])("with %i threads", (workers) => {
  test.each([true, false])(
    "writes verified chunks in place, from memory that it uses again (compressed: %s)",
    async (how) => {
      const stage = stageWith(workers);
      const path = join(await scratchDirectory(), "file");
      const target = open(path);
      // In any order: a chunk has its place.
      const order = [3, 0, 2, 1];
      for (let round = 0; round < 3; round++) {
        ftruncateSync(target.handle, 0);
        await Promise.all(
          order.map((index) => {
            const job = jobOf(index, target, how);
            const stored = stage.memory(job.stored.length);
            expect(stored.length).toBe(job.stored.length);
            stored.set(job.stored);
            return stage.write({ ...job, stored });
          }),
        );
        expect(readFileSync(path).equals(whole)).toBe(true);
      }
      expect(readFileSync(path).equals(whole)).toBe(true);
      if (process.platform === "linux") expect(statSync(path).blocks * 512).toBeLessThan(3.3 * size);
    },
  );

  test("writes zeros where something else was", async () => {
    const stage = stageWith(workers);
    const path = join(await scratchDirectory(), "file");
    writeFileSync(path, Buffer.alloc(whole.length, 1));
    const target = open(path, "r+");
    for (const [index] of contents.entries()) await stage.write(jobOf(index, target, true, false));
    expect(readFileSync(path).equals(whole)).toBe(true);
  });

  test("writes nothing of a chunk that is not the promised one, and names it", async () => {
    const stage = stageWith(workers);
    const path = join(await scratchDirectory(), "file");
    const target = open(path);
    for (const isCompressed of [true, false]) {
      const wrong = { ...jobOf(3, target, isCompressed), chunk: { ...chunkOf(3), hash: sha256(whole) } };
      await expect(stage.write(wrong)).rejects.toMatchObject({
        name: "FormatError",
        code: "HashMismatch",
        path: "the file",
        message: expect.stringMatching(/"the file".*chunk 3, bytes 3000009 to 4000011/),
      });
    }
    const short = { ...jobOf(1, target, false), chunk: { ...chunkOf(1), size: size - 1 } };
    await expect(stage.write(short)).rejects.toMatchObject({ code: "HashMismatch" });
    const damaged = jobOf(0, target, true);
    damaged.stored.fill(0xff, 20, 60);
    await expect(stage.write(damaged)).rejects.toMatchObject({
      name: "FormatError",
      code: "Decompression",
      path: "the file",
      message: expect.stringContaining("chunk 0, bytes 0 to 1000002"),
    });
    expect(statSync(path).size).toBe(0);
    // It goes on after all that.
    await stage.write(jobOf(0, target, true));
    expect(readFileSync(path).equals(contents[0] ?? whole)).toBe(true);
  });

  test("hashes what a file has, and says where it ends", async () => {
    const stage = stageWith(workers);
    const path = join(await scratchDirectory(), "file");
    writeFileSync(path, whole);
    const file = open(path, "r");
    const offset = 12_345;
    const length = 2_500_000;
    const part = whole.subarray(offset, offset + length);
    expect(await stage.hash({ file, offset, size: length })).toMatchObject({ hash: sha256(part) });
    const beyond = await stage.hash({ file, offset: whole.length - 10, size: 11 });
    expect(beyond).toMatchObject({ hash: undefined });
  });

  test("hashes whole files beside other jobs, with the hole that one may end in", async () => {
    const stage = stageWith(workers);
    const directory = await scratchDirectory();
    const hashes = await Promise.all(
      [0, 1, 2].map(async (at) => {
        writeFileSync(join(directory, `${at}`), whole.subarray(at));
        const running = stage.hashWhole(open(join(directory, `${at}`), "r+"));
        const sizes = [at, 3, size, 2 * size, whole.length - 3 - 3 * size, 1_500_000];
        await Promise.all(sizes.map((one) => running.append(one)));
        return running.digest();
      }),
    );
    const zeros = Buffer.alloc(1_500_000);
    const expected = [0, 1, 2].map((at) =>
      sha256(Buffer.concat([whole.subarray(at), zeros, Buffer.alloc(2 * at)])),
    );
    expect(hashes).toEqual(expected);
  });

  test("copies a chunk from where another file has it, if it has it", async () => {
    const stage = stageWith(workers);
    const directory = await scratchDirectory();
    writeFileSync(join(directory, "source"), Buffer.concat([Buffer.from("moved"), ...contents]));
    const source = open(join(directory, "source"), "r");
    const path = join(directory, "file");
    const target = open(path);
    const copies = await Promise.all(
      contents.map((_, index) => {
        const sourceOffset = 5 + index * size;
        return stage.copy({
          chunk: chunkOf(index),
          source,
          sourceOffset,
          target,
          isSparse: true,
        });
      }),
    );
    expect(copies).toEqual(contents.map(() => true));
    expect(readFileSync(path).equals(whole)).toBe(true);
    ftruncateSync(target.handle, 0);
    const other = await stage.copy({
      chunk: chunkOf(1),
      source,
      sourceOffset: 0,
      target,
      isSparse: true,
    });
    expect(other).toBe(false);
    const beyond = await stage.copy({
      chunk: chunkOf(1),
      source,
      sourceOffset: whole.length,
      target,
      isSparse: true,
    });
    expect(beyond).toBe(false);
    expect(statSync(path).size).toBe(0);
  });

  test("says which file could not be written or read", async () => {
    const stage = stageWith(workers);
    const path = join(await scratchDirectory(), "file");
    writeFileSync(path, whole);
    await expect(stage.write(jobOf(1, open(path, "r"), false))).rejects.toMatchObject({
      code: "FileSystem",
      path: "the target",
      message: expect.stringContaining("write chunk 1 of"),
    });
    await expect(stage.hash({ file: open(path, "a"), offset: 7, size: 1 })).rejects.toMatchObject({
      code: "FileSystem",
      path: "the target",
    });
  });

  test("does nothing after it was closed", async () => {
    const stage = stageWith(workers);
    await stage.close();
    const target = open(join(await scratchDirectory(), "file"));
    await expect(stage.write(jobOf(0, target, true))).rejects.toMatchObject({ code: "WorkerFailed" });
  });
});

test("a disk that is full is said as such", async () => {
  const stage = stageWith(2);
  if (process.platform !== "linux") return console.log("not tested: /dev/full, which only Linux has");
  await expect(stage.write(jobOf(1, open("/dev/full", "r+"), false))).rejects.toMatchObject({
    code: "FileSystem",
    message: expect.stringContaining("no space is left"),
    cause: { code: "ENOSPC" },
  });
});

test("a thread that dies is a clear error", async () => {
  const code =
    "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(3));";
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const stage = createFromSources({ workers: 1, bytes: 0 }, url);
  onTestFinished(() => stage.close());
  const target = open(join(await scratchDirectory(), "file"));
  await expect(stage.write(jobOf(0, target, true))).rejects.toMatchObject({ code: "WorkerFailed" });
});

test("a codec of the caller's is used on its thread", async () => {
  const { decoder } = await createNodeZstd();
  let used = 0;
  const zstd = {
    ...decoder,
    decompress: (...args: Parameters<typeof decoder.decompress>) => (used++, decoder.decompress(...args)),
    stream: (...args: Parameters<typeof decoder.stream>) => (used++, decoder.stream(...args)),
  };
  const stage = createChunkStage({ workers: 2, bytes: 0, zstd });
  onTestFinished(() => stage.close());
  const target = open(join(await scratchDirectory(), "file"));
  await stage.write(jobOf(0, target, true));
  expect(used).toBe(1);
});
