import { createHash } from "node:crypto";
import { lstatSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { openArchive } from "../../reading/archive-reader.js";
import { bufferSource } from "../../sources/buffer-source.js";
import { noise } from "../../testing/sample-content.js";
import { scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createArchive } from "../create/create-archive.js";
import type { ContentStore } from "../extract/content-store.js";
import { extractArchive } from "../extract/extract.js";
import { holeBytes, withoutHoles } from "./holes.js";

const mebibyte = 1024 * 1024;

/** Zeros with these bytes at places. */
function sparse(size: number, places: readonly number[]): Buffer {
  const content = Buffer.alloc(size);
  for (const place of places) content.write("data", place);
  return content;
}

const tree = {
  "large.bin": sparse(64 * mebibyte, [0, 20_000_001, 64 * mebibyte - 4]),
  "large-end.bin": sparse(16 * mebibyte + 5, [3]),
  "small.bin": sparse(2 * mebibyte + 7, [1_000_000]),
  "all-zero.bin": Buffer.alloc(3 * mebibyte),
  "short.bin": Buffer.alloc(1000),
  "noise.bin": noise(5 * mebibyte),
};

function sha256(content: Uint8Array): Buffer {
  return createHash("sha256").update(content).digest();
}

function storeOf(contents: readonly Uint8Array[]): ContentStore {
  const find = (hash: Uint8Array, size = Infinity): Uint8Array | undefined =>
    contents.find((content) => content.length <= size && Buffer.from(hash).equals(sha256(content)));
  const store: ContentStore = {
    get: (hash, { maxBytes }) => Promise.resolve(find(hash, maxBytes)),
    open(hash) {
      const content = find(hash);
      async function* read(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < (content?.length ?? 0); at += 100_000) {
          yield (content ?? new Uint8Array()).subarray(at, at + 100_000);
        }
      }
      const opened = content && { size: content.length, read, close: () => Promise.resolve() };
      return Promise.resolve(opened);
    },
    writeTo: () => Promise.resolve(false),
    put: () => Promise.resolve(),
  };
  return store;
}

describe("files are as sparse as they can be", () => {
  test.each(["zstd", "none", "known contents"])("%s", async (how) => {
    const root = await writeTree(await scratchDirectory(), tree);
    const chunks: Uint8Array[] = [];
    const sink = { write: (chunk: Uint8Array) => void chunks.push(chunk) };
    const compression = how === "none" ? "none" : "zstd";
    const { index } = await createArchive(root, sink, { compression });
    const archive = openArchive(index.bytes, bufferSource(Buffer.concat(chunks)));
    const target = await scratchDirectory();
    const contents = how === "known contents" ? storeOf(Object.values(tree)) : undefined;
    await extractArchive(archive, target, { contents });
    const blocks = new Map<string, number>();
    for (const [path, content] of Object.entries(tree)) {
      expect([path, readFileSync(join(target, path)).equals(content)]).toEqual([path, true]);
      blocks.set(path, 512 * lstatSync(join(target, path)).blocks);
    }
    if ((blocks.get("all-zero.bin") ?? 0) > mebibyte && !(await hasHoles())) {
      console.log("not tested: that files are sparse, which this file system cannot have");
      return;
    }
    expect(blocks.get("large.bin")).toBeLessThanOrEqual(4 * holeBytes);
    expect(blocks.get("large-end.bin")).toBeLessThanOrEqual(2 * holeBytes);
    expect(blocks.get("small.bin")).toBeLessThanOrEqual(2 * holeBytes);
    expect(blocks.get("all-zero.bin")).toBe(0);
  });
});

async function hasHoles(): Promise<boolean> {
  const file = join(await scratchDirectory(), "file");
  writeFileSync(file, "");
  truncateSync(file, mebibyte);
  return lstatSync(file).blocks < 100;
}

test("what is written, at any position and in any pieces, are the bytes, and no block of zeros", () => {
  const run = fc.record({
    size: fc.integer({ min: 1, max: 3 * holeBytes }),
    zero: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(run, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 2 * holeBytes }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 2 * holeBytes }),
      (runs, sizes, position) => {
        const content = Buffer.concat(runs.map(({ size, zero }) => Buffer.alloc(size, zero ? 0 : 1)));
        const chunks: Buffer[] = [];
        for (let at = 0, next = 0; at < content.length; next++) {
          const end = at + (sizes[next % sizes.length] ?? 1);
          chunks.push(content.subarray(at, end));
          at = end;
        }
        const file = Buffer.alloc(position + content.length);
        let end = position;
        for (const stretch of withoutHoles(position, chunks)) {
          expect(stretch.position).toBeGreaterThanOrEqual(end);
          end = stretch.position;
          for (const piece of stretch.pieces) {
            file.set(piece, end);
            end += piece.length;
          }
          const first = Math.ceil(stretch.position / holeBytes) * holeBytes;
          for (let at = first; at + holeBytes <= end; at += holeBytes) {
            expect(file.subarray(at, at + holeBytes).every((byte) => byte === 0)).toBe(false);
          }
        }
        expect(file.subarray(position).equals(content)).toBe(true);
      },
    ),
  );
});
