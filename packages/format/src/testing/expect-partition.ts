import { expect } from "vitest";

import type { FileChunks } from "../entry.js";
import { maxChunkBytes } from "../index-codec/index-schema.js";
import type { Entry } from "../entry.js";

/** Fails unless the chunks are all of the file's content and of its stored bytes, and are found by their places. */
export function expectPartition(
  chunks: FileChunks,
  { path, size, dataOffset, storedSize, compression }: Entry,
): void {
  let end = 0;
  let storedEnd = dataOffset;
  let index = 0;
  for (const chunk of chunks) {
    // Expectations one by one would take most of the time of tests that look at thousands.
    const isRight =
      chunk.index === index &&
      chunk.offset === end &&
      chunk.dataOffset === storedEnd &&
      chunk.size > 0 &&
      chunk.size <= maxChunkBytes &&
      chunk.storedSize > 0 &&
      (compression !== "none" || chunk.storedSize === chunk.size) &&
      chunk.hash.length === 32 &&
      chunks.indexOf(chunk.offset) === index &&
      chunks.indexOf(chunk.offset + chunk.size - 1) === index;
    if (!isRight) expect(chunk, `chunk ${index} of ${path}`).toBe("in its place");
    index += 1;
    end += chunk.size;
    storedEnd += chunk.storedSize;
  }
  expect([index, end, storedEnd]).toEqual([chunks.count, size, dataOffset + storedSize]);
}
