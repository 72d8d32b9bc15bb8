import { expect } from "vitest";

import type { ByteRange } from "../sources/byte-source.js";
import { chunkedArchive } from "./chunked-archive.js";
import type { ChunkedArchive, ChunkedArchiveOptions, FileInChunks } from "./chunked-archive.js";
import { noise } from "./sample-content.js";

export const chunkBytes = 4096;

/** Content that compresses, and no two chunks of which are equal. */
export function log(size: number, name = "line"): Buffer {
  const lines = Array.from({ length: size / (name.length + 3) + 1 }, (_, i) => `${name} ${i}\n`);
  return Buffer.from(lines.join("")).subarray(0, size);
}

/** The contents of a compressed file and of one that is stored as it is, each of ten chunks. */
export const contents = { log: log(40_000), stored: noise(40_000) } as const;

export const cutPaths = ["log", "stored"] as const;

const files: readonly FileInChunks[] = [
  { path: "log", content: contents.log, cuts: chunkBytes, compression: "zstd" },
  { path: "stored", content: contents.stored, cuts: chunkBytes },
];

/** An archive of these two, and of others. */
export function cutFiles(
  options?: ChunkedArchiveOptions,
  others: readonly FileInChunks[] = [],
): Promise<ChunkedArchive> {
  return chunkedArchive([...files, ...others], options);
}

/** Where chunks are stored. */
export function storedRange({ open }: ChunkedArchive, path: string, from: number, to = from): ByteRange {
  const chunks = [...(open().chunks(path) ?? [])].slice(from, to + 1);
  const length = chunks.reduce((sum, { storedSize }) => sum + storedSize, 0);
  return { offset: chunks[0]?.dataOffset ?? 0, length };
}

/** Compares as one, which `toEqual` does byte by byte. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  expect(Buffer.compare(actual, expected)).toBe(0);
}

/** All reads of the source end soon. */
export async function expectNoReads({ openReads }: ChunkedArchive): Promise<void> {
  for (let turn = 0; turn < 50 && openReads() > 0; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  expect(openReads()).toBe(0);
}
