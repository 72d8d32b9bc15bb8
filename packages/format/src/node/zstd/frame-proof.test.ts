import { readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { isFormatError } from "../../errors.js";
import type { ZstdEncoder } from "../../zstd/codec.js";
import { createZstdDecoder } from "../../zstd/decoder.js";
import { portableZstdDecoder, portableZstdFrames } from "../../zstd/portable/portable.js";
import { noise, text } from "../../testing/sample-content.js";
import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createArchiveFiles } from "../create/create-archive.js";
import { createArchive } from "../create/create-archive.js";
import { createProvingEncoder } from "./frame-proof.js";
import { loadProofDecoder } from "./proof-decoders.js";
import { loadZstdEncoder, zstdEncoderLoaders } from "./zstd-encoders.js";

const honest = await loadZstdEncoder();

/** An encoder that gives out what `lie` makes of a right frame. */
function lying(lie: (frame: Uint8Array, content: Uint8Array) => Uint8Array): ZstdEncoder {
  return { name: "liar", compress: (content, level) => lie(honest.compress(content, level), content) };
}

/** The same, for whoever says where the frame is to be. */
function lyingInPlace(lie: Parameters<typeof lying>[0]): ZstdEncoder {
  const liar = lying(lie);
  return {
    ...liar,
    compressInto(target, content, level) {
      const frame = liar.compress(content, level);
      if (frame.length > target.length) return undefined;
      target.set(frame);
      return frame.length;
    },
  };
}

const lies: Readonly<Record<string, Parameters<typeof lying>[0]>> = {
  "zeros of the right size": (_frame, content) => honest.compress(new Uint8Array(content.length), 3),
  "another byte at the end": (_frame, content) => {
    const other = Uint8Array.from(content);
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
    return honest.compress(other, 3);
  },
  "a byte less": (_frame, content) => honest.compress(content.subarray(1), 3),
  "a byte more": (_frame, content) => honest.compress(Buffer.concat([content, Buffer.from("x")]), 3),
  "half of a frame": (frame) => frame.subarray(0, frame.length >> 1),
  "a frame with bytes after it": (frame) => Buffer.concat([frame, Buffer.from("rest")]),
  "two frames": (frame) => Buffer.concat([frame, frame]),
  "no frame": () => Buffer.from("this is not zstd"),
  nothing: () => new Uint8Array(0),
  "an error of its own": () => {
    throw new RangeError("out of luck");
  },
};

const small = { "d/small.txt": text(5000) };
const large = { "d/large.txt": text(9_000_000) };

describe.each(Object.entries(lies))("an encoder that gives %s", (_name, lie) => {
  test.each([
    ["a small file", small, "d/small.txt", lying],
    ["a small file, in place", small, "d/small.txt", lyingInPlace],
    ["a large file", large, "d/large.txt", lying],
    ["a large file, in place", large, "d/large.txt", lyingInPlace],
  ] as const)(
    "for %s: an error that names file and codec, and no archive",
    async (_what, tree, path, how) => {
      const root = await writeTree(await scratchDirectory(), tree);
      const out = await scratchDirectory();
      const error: unknown = await createArchiveFiles(root, out, { zstd: how(lie) }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ name: "FormatError", code: "Compression", path });
      expect(String(error)).toContain(JSON.stringify(path));
      expect(String(error)).toMatch(/\bliar\b.*without compression/u);
      expect(await readdir(out)).toEqual([]);
    },
  );
});

test("an archive that was there before is still there", async () => {
  const root = await writeTree(await scratchDirectory(), small);
  const out = await scratchDirectory();
  await createArchiveFiles(root, out);
  const before = await readTree(out);
  const encoder = lying((_frame, content) => honest.compress(new Uint8Array(content.length), 3));
  await expect(createArchiveFiles(root, out, { zstd: encoder })).rejects.toMatchObject({
    code: "Compression",
  });
  expect(await readTree(out)).toEqual(before);
});

test("the data of other files went to the sink, nothing of the wrong frame", async () => {
  const root = await writeTree(await scratchDirectory(), { "a.bin": noise(5_000_000), "b.txt": text(5000) });
  const chunks: Uint8Array[] = [];
  const encoder = lying(() => Buffer.from("this is not zstd"));
  const options = { zstd: encoder, skipCompression: [(path: string) => path === "a.bin"] };
  const sink = { write: (chunk: Uint8Array) => void chunks.push(chunk) };
  await expect(createArchive(root, sink, options)).rejects.toMatchObject({ path: "b.txt" });
  expect(Buffer.concat(chunks).equals(noise(5_000_000))).toBe(true);
});

test("one that says it wrote more than there is room for is not believed", async () => {
  for (const size of [-1, 0.5, Number.NaN, 100_000_000]) {
    const liar: ZstdEncoder = { ...lying((frame) => frame), compressInto: () => size };
    const encoder = createProvingEncoder(liar, await loadProofDecoder());
    expect(() => encoder.compressInto?.(new Uint8Array(9000), Buffer.from(text(5000)), 3)).toThrow(
      expect.objectContaining({ code: "Compression" }),
    );
  }
});

test("what passes is read as the same content; any damage is an error or does no harm", async () => {
  const decode = await loadProofDecoder();
  const content = Buffer.concat([Buffer.from(text(700)), noise(100)]);
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (place, flip) => {
      const damaging = lying((frame) => {
        const damaged = Uint8Array.from(frame);
        damaged[place % frame.length] = (damaged[place % frame.length] ?? 0) ^ flip;
        return damaged;
      });
      try {
        const frame = createProvingEncoder(damaging, decode).compress(content, 3);
        const file = { path: "file", size: content.length };
        expect(content.equals(portableZstdDecoder.decompress(frame, file))).toBe(true);
      } catch (error) {
        if (!isFormatError(error)) throw error;
        expect(error.code).toBe("Compression");
      }
    }),
    { numRuns: 300 },
  );
});

test("an encoder that makes several frames is as good as another one", async () => {
  const several: ZstdEncoder = {
    name: "several",
    compress: (content, level) => {
      const middle = content.length >> 1;
      return Buffer.concat([
        Buffer.from("5a2a4d1803000000aabbcc", "hex"),
        honest.compress(content.subarray(0, middle), level),
        honest.compress(content.subarray(middle), level),
      ]);
    },
  };
  const content = Buffer.concat([Buffer.from(text(5000)), noise(50)]);
  const frames = createProvingEncoder(several, await loadProofDecoder()).compress(content, 3);
  const file = { path: "file", size: content.length };
  expect(content.equals(createZstdDecoder(portableZstdFrames).decompress(frames, file))).toBe(true);
});

test("every encoder of this runtime proves, and none does it twice", async () => {
  const decode = await loadProofDecoder();
  for (const load of zstdEncoderLoaders.values()) {
    const encoder = await load();
    if (encoder !== undefined) expect(createProvingEncoder(encoder, decode)).toBe(encoder);
  }
});

test("a file that is not compressed is not asked for", async () => {
  const root = await writeTree(await scratchDirectory(), small);
  const out = join(await scratchDirectory(), "out");
  const encoder = lying(() => new Uint8Array(0));
  await createArchiveFiles(root, out, { zstd: encoder, skipCompression: [() => true] });
  await createArchiveFiles(root, out, { zstd: encoder, compression: "none" });
});
