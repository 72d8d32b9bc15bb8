import { nextTurn } from "@blob/core/concurrency";
import { expect, test } from "vitest";

import { nodeSha256 } from "../node/index.js";
import type { Sha256 } from "../sha256.js";
import { chunkedArchive } from "../testing/chunked-archive.js";
import type { FileInChunks } from "../testing/chunked-archive.js";
import { collectBytes } from "../testing/collect.js";
import { loadTestedFrameDecoders } from "../testing/frame-decoders.js";
import { noise, text } from "../testing/sample-content.js";
import { watchDecoder } from "../testing/work-between-turns.js";

const mebibyte = 1024 * 1024;
const files: readonly FileInChunks[] = [
  { path: "log", content: Buffer.from(text(34 * mebibyte)), cuts: 16 * mebibyte, compression: "zstd" },
  { path: "stored", content: noise(34 * mebibyte), cuts: 16 * mebibyte },
];
const archive = await chunkedArchive(files);
const range = { offset: 20 * mebibyte, length: 1 };

test.each(await loadTestedFrameDecoders())("chunks are decoded in turns by $name", async (frames) => {
  const { decoder, most } = watchDecoder(frames);
  const open = (): ReturnType<typeof archive.open> => archive.open({ zstd: decoder });
  for (const work of [
    () => open().readFile("log", { range }),
    () => collectBytes(open().stream("log", { range: { offset: 1, length: 33 * mebibyte } })),
  ]) {
    const { content, error } = await most(work);
    expect(error).toBeUndefined();
    expect(content).toBeGreaterThan(0);
    expect(content).toBeLessThanOrEqual(mebibyte);
  }
});

test("chunks are hashed in turns", async () => {
  let hashed = 0;
  let most = 0;
  const counted: Sha256 = {
    hash: (content) => nodeSha256.hash(content),
    create() {
      const hasher = nodeSha256.create();
      return {
        update(bytes) {
          hashed += bytes.length;
          most = Math.max(most, hashed);
          hasher.update(bytes);
        },
        digest: () => hasher.digest(),
      };
    },
  };
  const state = { isDone: false };
  const opened = archive.open({ sha256: counted });
  const reading = opened
    .readFile("stored", { range })
    .then(() => collectBytes(opened.stream("stored")))
    .finally(() => {
      state.isDone = true;
    });
  while (!state.isDone) {
    hashed = 0;
    await nextTurn();
  }
  await reading;
  expect(most).toBeGreaterThan(0);
  // Of a chunk, and of the whole.
  expect(most).toBeLessThanOrEqual(2 * mebibyte);
});
