import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import type { Archive } from "../archive.js";
import { openArchive } from "./archive-reader.js";
import { bufferSource } from "../sources/buffer-source.js";
import type { Entry } from "../entry.js";
import { encodeIndex } from "../index-codec/index-encoder.js";
import { extractArchive } from "../node/extract/extract.js";
import { nodeSha256 } from "../node/read/node-sha256.js";
import { loadTestedFrameDecoders } from "../testing/frame-decoders.js";
import {
  block,
  blocks,
  compressed,
  frameOf,
  join as concat,
  repeated,
  sizedFrameOf,
  skippable,
  times,
} from "../testing/raw-frames.js";
import { scratchDirectory } from "../testing/scratch-directory.js";
import { watchDecoder } from "../testing/work-between-turns.js";
import type { ZstdDecoder } from "../zstd/codec.js";

const frameDecoders = await loadTestedFrameDecoders();
const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

interface Stored {
  readonly stored: Uint8Array;
  /** Of the content, which is the letter A over and over. */
  readonly size: number;
}

const large = (size: number): Stored => ({
  stored: frameOf(blocks(size / (128 * kibibyte), repeated, 128 * kibibyte, [65]), 17),
  size,
});

const hollow = "blocks that hold nothing";

/** Files that are much work for the bytes that are stored. */
const files: readonly (readonly [string, Stored])[] = [
  ["a large file", large(24 * mebibyte)],
  ["a file that is read in one piece", large(4 * mebibyte)],
  ["small blocks", { stored: frameOf(blocks(4096, repeated, kibibyte, [65])), size: 4 * mebibyte }],
  ["small blocks of a small file", { stored: frameOf(blocks(2560, repeated, 200, [65])), size: 200 * 2560 }],
  ["small frames", { stored: times(4000, frameOf(block(repeated, kibibyte, [65]))), size: 4000 * kibibyte }],
  [hollow, { stored: frameOf(blocks(30_000, compressed, 2, [0, 0]), 17), size: 4 * mebibyte }],
  [
    "frames that are skipped",
    {
      stored: concat(frameOf(blocks(16, repeated, 128 * kibibyte, [65]), 17), times(2000, skippable([]))),
      size: 2 * mebibyte,
    },
  ],
];

function archiveOf(contents: readonly (readonly [path: string, Stored])[], zstd: ZstdDecoder): Archive {
  let dataOffset = 0;
  const entries = contents.map(([path, { stored, size }]): Entry => {
    const hash = createHash("sha256").update(Buffer.alloc(size, 65)).digest();
    const entry = { path, size, storedSize: stored.length, dataOffset, compression: "zstd", hash } as const;
    dataOffset += stored.length;
    return { ...entry, mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n };
  });
  const data = concat(...contents.map(([, { stored }]) => stored));
  const index = encodeIndex({ entries, dataSize: data.length });
  return openArchive(index, bufferSource(data), { zstd, sha256: nodeSha256 });
}

/** Half a mebibyte, and the block that goes beyond it. */
const mostContent = 640 * kibibyte;

/** Of 64 blocks, each with a header of a frame; or so many that hold nothing, and then as many that do. */
const mostPieces = 200;

describe.each(frameDecoders)("$name lets others go on", (frames) => {
  const { decoder, most } = watchDecoder(frames);

  test.each(files)("while it reads %s", async (what, file) => {
    const archive = archiveOf([["file", file]], decoder);
    for (const read of [
      () => archive.readFile("file"),
      async () => {
        let size = 0;
        for await (const chunk of archive.stream("file")) size += chunk.length;
        expect(size).toBe(file.size);
      },
      () => archive.readFile("file", { range: { offset: file.size - 1, length: 1 } }),
    ]) {
      const { content, pieces, error } = await most(read);
      if (what === hollow) expect(error).toMatchObject({ code: "Decompression" });
      else expect(error).toBeUndefined();
      expect(pieces).toBeGreaterThan(0);
      expect(content).toBeLessThanOrEqual(mostContent);
      expect(pieces).toBeLessThanOrEqual(mostPieces);
    }
  });

  test("while it reads frames that say their size, of which those up to 4 MiB may be decoded at once", async () => {
    const frame = (blockCount: number, blockBytes: number): Uint8Array =>
      sizedFrameOf(blockCount * blockBytes, blocks(blockCount, repeated, blockBytes, [65]), 17);
    for (const [file, limit] of [
      [{ stored: times(4, frame(32, 128 * kibibyte)), size: 16 * mebibyte }, 4 * mebibyte],
      [{ stored: frame(64, 128 * kibibyte), size: 8 * mebibyte }, 0],
      [{ stored: frame(4096, kibibyte), size: 4 * mebibyte }, mebibyte],
    ] as const) {
      const archive = archiveOf([["file", file]], decoder);
      const { content, pieces, error } = await most(() => archive.readFile("file"));
      expect(error).toBeUndefined();
      expect(content).toBeLessThanOrEqual(limit + mostContent);
      expect(pieces).toBeLessThanOrEqual(mostPieces);
    }
  });

  test("while it extracts on the same thread", async () => {
    const small = large(mebibyte);
    const archive = archiveOf(
      [
        ...Array.from({ length: 20 }, (_, i) => [`a/${String(100 + i)}`, small] as const),
        ...Array.from({ length: 200 }, (_, i) => [`b/${String(100 + i)}`, large(128 * kibibyte)] as const),
        ["c", { stored: frameOf(blocks(4096, repeated, kibibyte, [65])), size: 4 * mebibyte }],
      ],
      decoder,
    );
    const target = join(await scratchDirectory(), "out");
    const { content, pieces, error } = await most(() =>
      extractArchive(archive, target, { zstd: decoder, workers: 0 }),
    );
    expect(error).toBeUndefined();
    // Both parts of it count for themselves: the files of a turn, and the content of one file.
    expect(content).toBeGreaterThan(0);
    expect(content).toBeLessThanOrEqual(2 * mostContent);
    expect(pieces).toBeLessThanOrEqual(2 * mostPieces);
  });
});
