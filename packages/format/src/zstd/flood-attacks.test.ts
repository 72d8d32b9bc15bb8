import { describe, expect, test } from "vitest";

import { createProvingEncoder } from "../node/zstd/frame-proof.js";
import { loadTestedFrameDecoders } from "../testing/frame-decoders.js";
import {
  block,
  blocks,
  compressed,
  frameOf,
  join,
  raw,
  repeated,
  sizedFrameOf,
  skippable,
  times,
} from "../testing/raw-frames.js";
import { noise, text } from "../testing/sample-content.js";
import type { ZstdDecoder, ZstdFrameDecoder } from "./codec.js";
import { createZstdDecoder } from "./decoder.js";

const frameDecoders = await loadTestedFrameDecoders();

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** What a library was made to do. */
interface Work {
  frames: number;
  /** Pieces of frames that were streamed. */
  pieces: number;
  /** Bytes of content that frames were allowed to have, and libraries may so allocate. */
  granted: number;
}

function counting(frames: ZstdFrameDecoder): { readonly decoder: ZstdDecoder; readonly work: Work } {
  const work: Work = { frames: 0, pieces: 0, granted: 0 };
  const decoder = createZstdDecoder({
    name: frames.name,
    decodeFrame(frame, header, maxBytes) {
      work.frames += 1;
      work.granted += maxBytes;
      return frames.decodeFrame(frame, header, maxBytes);
    },
    startFrame(header, maxBytes) {
      work.frames += 1;
      const stream = frames.startFrame(header, maxBytes);
      return {
        push(piece) {
          work.pieces += 1;
          return stream.push(piece);
        },
        close: () => stream.close?.(),
      };
    },
  });
  return { decoder, work };
}

interface Read {
  readonly content: Uint8Array | undefined;
  readonly error: unknown;
  readonly work: Work;
  /** Without content. */
  readonly emptyChunks: number;
}

/** Reads in one piece, and in chunks as they come from a disk and from a bad network. */
function readInAllWays(frames: ZstdFrameDecoder, stored: Uint8Array, size: number): readonly Read[] {
  const file = { path: "dir/file", size };
  return [undefined, 64 * kibibyte, 1000].map((chunkBytes) => {
    const { decoder, work } = counting(frames);
    let emptyChunks = 0;
    try {
      if (chunkBytes === undefined) {
        const content = decoder.decompress(stored, file);
        return { content, error: undefined, work, emptyChunks };
      }
      const stream = decoder.stream(file);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < stored.length; at += chunkBytes) {
        for (const chunk of stream.push(stored.subarray(at, at + chunkBytes))) {
          expect(chunk.length).toBeLessThanOrEqual(128 * kibibyte);
          if (chunk.length === 0) emptyChunks += 1;
          else chunks.push(chunk);
        }
      }
      stream.end();
      return { content: Buffer.concat(chunks), error: undefined, work, emptyChunks };
    } catch (error) {
      return { content: undefined, error, work, emptyChunks };
    }
  });
}

/** A block of two bytes whose content is nothing, which only decoding it tells. */
const hollow = [0, 0];

const emptyFrame = frameOf(block(raw, 0, []));
const oneByteFrame = frameOf(block(repeated, 1, [65]), 17);
const largeBlock = block(repeated, 128 * kibibyte, [65]);

interface Flood {
  readonly what: string;
  readonly stored: Uint8Array;
  readonly size: number;
  readonly why: RegExp;
  /** Frames that a library sees at most. */
  readonly frames: number;
  /** Pieces that a stream of it sees at most: each frame's header, and its blocks. */
  readonly pieces: number;
  readonly granted: number;
}

const manyFrames = /more than 512 frames/;
const manyBlocks = /more than 512 blocks/;
const skipped = /in frames that are skipped/;

const floods: readonly Flood[] = [
  {
    what: "20,000 frames that do not say their size, with a byte each",
    stored: times(20_000, oneByteFrame),
    size: 4 * mebibyte,
    why: manyFrames,
    frames: 512,
    pieces: 1024,
    granted: 512,
  },
  {
    what: "20,000 frames that say their size, with a byte each",
    stored: times(20_000, sizedFrameOf(1, block(raw, 1, [65]), 17)),
    size: 4 * mebibyte,
    why: manyFrames,
    frames: 512,
    pieces: 1024,
    granted: 512,
  },
  {
    what: "20,000 frames with the largest window, with a byte each",
    stored: times(20_000, frameOf(block(repeated, 1, [65]), 28)),
    size: 4 * mebibyte,
    why: manyFrames,
    frames: 512,
    pieces: 1024,
    granted: 512,
  },
  {
    what: "100,000 empty frames, where gigabytes are promised",
    stored: times(100_000, emptyFrame),
    size: 2 ** 40,
    why: manyFrames,
    frames: 512,
    pieces: 1024,
    granted: 0,
  },
  {
    what: "frames that could hold 128 KiB, and hold nothing",
    stored: times(20_000, frameOf(block(compressed, 2, hollow), 28)),
    size: 4 * mebibyte,
    why: manyFrames,
    frames: 512,
    pieces: 1024,
    granted: 64 * mebibyte,
  },
  {
    what: "empty frames behind content that allows for some",
    stored: join(frameOf(blocks(8, repeated, 128 * kibibyte, [65]), 17), times(20_000, emptyFrame)),
    size: 2 * mebibyte,
    why: manyFrames,
    frames: 512 + 1024,
    pieces: 2 * (512 + 1024) + 8,
    granted: mebibyte,
  },
  {
    what: "100,000 skippable frames",
    stored: times(100_000, skippable([])),
    size: 16 * mebibyte,
    why: manyFrames,
    frames: 0,
    pieces: 0,
    granted: 0,
  },
  {
    what: "skippable frames that are far larger than the content",
    stored: join(frameOf(block(raw, 1, [65])), times(100, skippable([...Buffer.alloc(1000)]))),
    size: 40 * kibibyte,
    why: skipped,
    frames: 1,
    pieces: 2,
    granted: 1,
  },
  {
    what: "a skippable frame that says it is 4 GiB long",
    stored: join(skippable([1, 2, 3], 0, 2 ** 32 - 1)),
    size: 2 ** 40,
    why: /in frames that are skipped|middle of a frame/,
    frames: 0,
    pieces: 0,
    granted: 0,
  },
  {
    what: "100,000 empty blocks",
    stored: frameOf(blocks(100_000, raw, 0, [])),
    size: 16 * mebibyte,
    why: manyBlocks,
    frames: 1,
    pieces: 513,
    granted: 0,
  },
  {
    what: "100,000 empty blocks behind a large one",
    stored: frameOf([...block(repeated, 128 * kibibyte, [65], false), ...blocks(100_000, raw, 0, [])], 17),
    size: 16 * mebibyte,
    why: manyBlocks,
    frames: 1,
    pieces: 1 + 512 + 1024,
    granted: 0,
  },
  {
    what: "100,000 blocks that could hold 128 KiB, and hold nothing, for a small file",
    stored: frameOf(blocks(100_000, compressed, 2, hollow), 17),
    size: 10 * kibibyte,
    why: new RegExp(`${manyBlocks.source}|far more than`),
    frames: 1,
    pieces: 1 + 512 + 80,
    granted: 0,
  },
  {
    what: "the same for one of gigabytes",
    stored: frameOf(blocks(100_000, compressed, 2, hollow), 17),
    size: 2 ** 32,
    why: new RegExp(`${manyBlocks.source}|there are 0 bytes|damaged`),
    frames: 1,
    pieces: 1 + 512 + 32 * kibibyte,
    granted: 2 ** 32,
  },
  {
    what: "100,000 blocks of one byte",
    stored: frameOf(blocks(100_000, repeated, 1, [65])),
    size: 100_000,
    why: new RegExp(`${manyBlocks.source}|far more than`),
    frames: 1,
    pieces: 600,
    granted: 0,
  },
  {
    what: "blocks of 128 KiB where little is promised",
    stored: frameOf(blocks(2048, repeated, 128 * kibibyte, [65]), 17),
    size: 100 * kibibyte,
    why: /more than the 102400 bytes|more than 512 blocks|more content than|damaged/,
    frames: 1,
    pieces: 2,
    granted: 100 * kibibyte,
  },
  {
    what: "more stored than the content can take, though none of its parts is too much",
    stored: join(
      frameOf(block(raw, 1000, [...noise(1000)])),
      skippable([...Buffer.alloc(60_000)]),
      times(500, sizedFrameOf(0, block(raw, 0, []))),
    ),
    size: 1000,
    why: /far more than the 1000/,
    frames: 501,
    pieces: 1002,
    granted: 1000,
  },
  {
    what: "more promised than what is stored can hold",
    stored: frameOf(largeBlock, 17),
    size: 2 ** 40,
    why: /there are 131072 bytes, and the index promises/,
    frames: 1,
    pieces: 2,
    granted: 128 * kibibyte,
  },
  {
    what: "more declared than blocks can hold",
    stored: sizedFrameOf(2 ** 31, largeBlock, 17),
    size: 2 ** 31,
    why: /has 131072 bytes and declares 2147483648|damaged/,
    frames: 1,
    pieces: 2,
    granted: 128 * kibibyte,
  },
];

describe.each(frameDecoders)("$name", (frames) => {
  test.each(floods)("refuses $what", ({ stored, size, why, ...most }) => {
    for (const { error, work } of readInAllWays(frames, stored, size)) {
      expect(error).toMatchObject({ name: "FormatError", code: "Decompression", path: "dir/file" });
      expect((error as Error).message).toMatch(why);
      expect(work.frames).toBeLessThanOrEqual(most.frames);
      expect(work.pieces).toBeLessThanOrEqual(most.pieces);
      expect(work.granted).toBeLessThanOrEqual(most.granted);
    }
  });

  test.each(floods.filter(({ size }) => size <= 16 * mebibyte))(
    "refuses $what that an encoder has made",
    ({ stored, size, ...most }) => {
      const work = { frames: 0, granted: 0 };
      const encoder = createProvingEncoder(
        { name: "flooder", compress: () => stored },
        (frame, header, room) => {
          work.frames += 1;
          work.granted += room;
          return frames.decodeFrame(frame, header, room);
        },
      );
      const compress = (): unknown => encoder.compress(Buffer.alloc(size, 65), 3);
      expect(compress).toThrow(expect.objectContaining({ code: "Compression" }));
      expect(work.frames).toBeLessThanOrEqual(most.frames);
      expect(work.granted).toBeLessThanOrEqual(most.granted);
    },
  );

  test("gives an occasion for others when there is work without content", () => {
    const hollowBlocks = frameOf([...blocks(10_000, compressed, 2, hollow)], 17);
    for (const [stored, steps] of [
      [join(times(500, skippable([])), oneByteFrame), 500],
      [hollowBlocks, 10_000],
    ] as const) {
      const [, ...streams] = readInAllWays(frames, stored, 4 * mebibyte);
      for (const { emptyChunks } of streams)
        expect(emptyChunks).toBeGreaterThanOrEqual(Math.floor(steps / 64));
    }
  });
});

describe.each(frameDecoders)("$name reads", (frames) => {
  const rawFrame = (content: Uint8Array): Uint8Array => {
    const parts: number[] = [];
    for (let at = 0; at < content.length; at += kibibyte) {
      const part = content.subarray(at, at + kibibyte);
      parts.push(...block(raw, part.length, [...part], at + kibibyte >= content.length));
    }
    return frameOf(parts.length === 0 ? block(raw, 0, []) : parts);
  };
  const cut = (content: Uint8Array, size: number): Uint8Array[] =>
    Array.from({ length: Math.ceil(content.length / size) }, (_, i) =>
      content.subarray(i * size, (i + 1) * size),
    );
  const content = Buffer.concat([Buffer.from(text(900_000)), noise(200_000)]);
  /** What pzstd writes before each frame: its size. */
  const pointer = skippable([1, 2, 3, 4]);

  test.each([
    ["one frame of small blocks", rawFrame(content)],
    ...[2, 4, 16, 100, 512].map(
      (size) =>
        [
          `frames of ${size} KiB, each behind a skippable one, and a table of them`,
          join(
            ...cut(content, size * kibibyte).flatMap((part) => [pointer, rawFrame(part)]),
            skippable([...Buffer.alloc(9 + 8 * Math.ceil(content.length / (size * kibibyte)))], 14),
          ),
        ] as const,
    ),
    [
      "a skippable frame of 60 KB, and some empty frames",
      join(skippable([...Buffer.alloc(60_000)]), times(400, emptyFrame), rawFrame(content)),
    ],
    [
      "blocks of 128 bytes",
      frameOf(
        cut(content, 128).flatMap((part, i, all) => block(raw, part.length, [...part], i === all.length - 1)),
      ),
    ],
  ] as const)("%s", (_what, stored) => {
    for (const read of readInAllWays(frames, stored, content.length)) {
      expect(read.error).toBeUndefined();
      expect(content.equals(read.content ?? new Uint8Array(0))).toBe(true);
    }
  });

  test("a few hundred frames of one byte", () => {
    for (const read of readInAllWays(frames, times(512, oneByteFrame), 512)) {
      expect(Buffer.alloc(512, 65).equals(read.content ?? new Uint8Array(0))).toBe(true);
    }
  });

  test("512 MiB of repeated bytes from 16 KB, without keeping them", () => {
    const { decoder } = counting(frames);
    const count = 4096;
    const size = count * 128 * kibibyte;
    const stream = decoder.stream({ path: "file", size });
    let read = 0;
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (const chunk of stream.push(frameOf(blocks(count, repeated, 128 * kibibyte, [65]), 20))) {
      read += chunk.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    stream.end();
    expect(read).toBe(size);
    // What is not kept is there until the garbage collector comes.
    expect(most).toBeLessThan(256 * mebibyte);
  });
});
