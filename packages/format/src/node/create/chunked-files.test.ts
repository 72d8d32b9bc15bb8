import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import type { Archive } from "../../archive.js";
import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import { noise, text } from "../../testing/sample-content.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import type * as nodeModule from "../index.js";
import type { ArchiveInput } from "./archive-file.js";
import type { CreatedArchive, CreateOptions } from "./create-options.js";

const { createArchive }: typeof nodeModule = await import(
  new URL("node/index.js", compilePackage("format")).href
);

const MiB = 2 ** 20;

interface Made extends CreatedArchive {
  readonly bytes: Buffer;
  readonly archive: Archive;
}

async function make(input: ArchiveInput, options: CreateOptions): Promise<Made> {
  const written: Uint8Array[] = [];
  const created = await createArchive(input, { write: (chunk) => void written.push(chunk) }, options);
  const bytes = Buffer.concat(written);
  return { ...created, bytes, archive: openArchive(created.index.bytes, bufferSource(bytes)) };
}

const given = (content: Uint8Array): ArchiveInput => [{ path: "file", content }];

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** 32 MB that compress to a half, and nothing in them repeats itself. */
const log = Buffer.from(noise(16_000_000, "log").toString("hex"));

/** The bytes of chunks that the other file does not have: what a sync has to fetch. */
function newBytes(made: Made, before: Made): number {
  const known = new Set([...(before.archive.chunks("file") ?? [])].map(({ hash }) => sha256(hash)));
  const others = [...(made.archive.chunks("file") ?? [])].filter(({ hash }) => !known.has(sha256(hash)));
  return others.reduce((sum, { size }) => sum + size, 0);
}

describe.each(["zstd", "none"] as const)("cuts that the content says, compression %s", (compression) => {
  const how = { compression, chunking: "content" } as const;
  const average = compression === "zstd" ? 4 * MiB : MiB;

  test("are in the index with the hash of each chunk, and the file is what it was", async () => {
    const content = Buffer.concat([log, Buffer.alloc(20 * MiB), noise(5 * MiB)]);
    const { archive, bytes } = await make(given(content), how);
    const chunks = archive.chunks("file");
    expect(chunks).toMatchObject({ boundaries: "content", chunkSize: average });
    let end = 0;
    for (const { index, offset, size, hash, dataOffset, storedSize } of chunks ?? []) {
      expect(offset).toBe(end);
      expect(size).toBeLessThanOrEqual(4 * average);
      if (index < (chunks?.count ?? 0) - 1) expect(size).toBeGreaterThan(average / 4);
      const part = content.subarray(offset, offset + size);
      expect(sha256(part)).toBe(Buffer.from(hash).toString("hex"));
      if (compression === "none")
        expect(bytes.subarray(dataOffset, dataOffset + storedSize).equals(part)).toBe(true);
      end += size;
    }
    expect(end).toBe(content.length);
    expect(new Set([...(chunks ?? [])].map(({ size }) => size)).size).toBeGreaterThan(5);
    expect(Buffer.from(await archive.readFile("file")).equals(content)).toBe(true);
  });

  test("are the same for any number of workers and for any way to give the content", async () => {
    const files = {
      "a.log": log,
      "b.bin": noise(9 * MiB),
      "c.bin": Buffer.alloc(12 * MiB, "ab"),
      small: text(100),
    };
    const root = await writeTree(await scratchDirectory(), files);
    const reproducible = { sourceDateEpoch: 0 };
    const digests = new Set<string>();
    const inputs: (() => ArchiveInput)[] = [0, 1, 3].map(() => () => root);
    inputs.push(
      () => Object.entries(files).map(([path, content]) => ({ path, content: Buffer.from(content) })),
      () => Object.keys(files).map((path) => ({ path, content: { file: join(root, path) } })),
      () => Object.entries(files).map(([path, content]) => ({ path, content: pieces(Buffer.from(content)) })),
    );
    for (const [index, input] of inputs.entries()) {
      const { index: made, data } = await make(input(), {
        ...how,
        reproducible,
        workers: [0, 1, 3][index],
      });
      digests.add(`${made.digest} ${data.digest}`);
    }
    expect([...digests]).toHaveLength(1);
  });

  test("move with the content, so that what is inserted or deleted costs the chunks around it", async () => {
    const before = await make(given(log), how);
    const fixedBefore = await make(given(log), { ...how, chunking: "fixed" });
    const place = 5_000_000;
    const changes = {
      inserted: [log.subarray(0, place), Buffer.from("another line\n"), log.subarray(place)],
      deleted: [log.subarray(0, place), log.subarray(place + 1)],
      changed: [log.subarray(0, place), Buffer.from("\0"), log.subarray(place + 1)],
      appended: [log, Buffer.from("the last line\n")],
    };
    for (const [name, parts] of Object.entries(changes)) {
      const content = Buffer.concat(parts);
      const after = await make(given(content), how);
      expect(newBytes(after, before), name).toBeGreaterThan(0);
      expect(newBytes(after, before), name).toBeLessThan(3 * average);
      if (name !== "inserted" && name !== "deleted") continue;
      const fixed = await make(given(content), { ...how, chunking: "fixed" });
      expect(newBytes(fixed, fixedBefore), name).toBeGreaterThan(0.8 * log.length);
    }
  });
});

test("files with equal content share what is said of their cuts", async () => {
  const files = ["a", "b"].map((path) => ({ path, content: log }));
  const { archive, data, index } = await make(files, { chunking: "content" });
  expect(archive.chunks("a")?.count).toBeGreaterThan(1);
  expect([...(archive.chunks("b") ?? [])]).toEqual([...(archive.chunks("a") ?? [])]);
  const one = await make(given(log), { chunking: "content" });
  expect(data.size).toBe(one.data.size);
  expect(index.size - one.index.size).toBeLessThan(200);
});

test("without chunks nothing is said of them, and the data is that of fixed ones", async () => {
  const none = await make(given(log), { chunking: "none" });
  const fixed = await make(given(log), { chunking: "fixed" });
  expect(none.archive.chunks("file")).toBeUndefined();
  expect(fixed.archive.chunks("file")).toMatchObject({ boundaries: "fixed", chunkSize: 4 * MiB });
  expect(none.data.digest).toBe(fixed.data.digest);
  expect(none.index.size).toBeLessThan(fixed.index.size);
});

test("files up to 4 MiB are one chunk whatever is asked for, and their archives byte for byte the same", async () => {
  const root = await writeTree(await scratchDirectory(), {
    "a.txt": log.subarray(0, 4 * MiB),
    "b.txt": text(5000),
  });
  writeFileSync(join(root, "empty"), "");
  const digests = new Set<string>();
  for (const chunking of ["fixed", "content", "none"] as const) {
    const { archive, index, data } = await make(root, { chunking });
    expect(archive.chunks("a.txt")).toBeUndefined();
    digests.add(`${index.digest} ${data.digest}`);
  }
  expect([...digests]).toHaveLength(1);
});

test("another word is refused by name", async () => {
  const wrong: object = { chunking: "rabin" };
  await expect(make(given(log), wrong)).rejects.toMatchObject({
    code: "InvalidArgument",
    message: expect.stringContaining("chunking") as string,
  });
});

async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 1_234_567) yield content.subarray(at, at + 1_234_567);
}
