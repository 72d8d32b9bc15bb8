import { createHash } from "node:crypto";

import type { Archive } from "../archive.js";
import { createContentCutter } from "../node/chunks/content-cuts.js";
import { createArchive } from "../node/create/create-archive.js";
import type { Chunking } from "../node/create/chunk-sizes.js";
import { chunkedArchive } from "./chunked-archive.js";
import type { FileInChunks } from "./chunked-archive.js";
import type { RawEntry } from "./raw-index.js";
import { rawIndex } from "./raw-index.js";
import { noise } from "./sample-content.js";

/** The two parts of an archive. */
export interface ArchiveParts {
  readonly index: Uint8Array;
  readonly data: Uint8Array;
}

/** How a golden archive with large files was made. */
export interface GoldenRecipe {
  readonly name: string;
  /** Frames are those of whatever codec there is. */
  readonly isCompressed: boolean;
  make(): Promise<ArchiveParts>;
}

const small: FileInChunks = { path: "small.txt", content: Buffer.from("not cut\n") };

/** The smallest average there is, so that there are many chunks of little content. */
const contentAverage = 16 * 1024;

/** Chunks of 4 KiB, so that many are in little data; and what the writer makes of a file of several of its own. */
export const goldenRecipes: readonly GoldenRecipe[] = [
  stored("chunks-fixed.none", [
    { path: "a.bin", content: noise(40_960, "a"), cuts: 4096 },
    { path: "b/c.bin", content: noise(12_289, "c"), cuts: 4096 },
    small,
  ]),
  compressed("chunks-fixed.zstd", [
    { path: "log.json", content: records(600, "log"), cuts: 4096, compression: "zstd" },
    { path: "one.json", content: records(50, "one"), cuts: 16 * 1024 * 1024, compression: "zstd" },
    small,
  ]),
  stored("chunks-content.none", [
    { path: "disk.img", content: noise(150_000, "disk"), cuts: cutsOf(noise(150_000, "disk")) },
    small,
  ]),
  compressed("chunks-content.zstd", [
    {
      path: "log.json",
      content: records(4000, "content"),
      cuts: cutsOf(records(4000, "content")),
      compression: "zstd",
    },
    small,
  ]),
  compressed("chunks-shared.zstd", [
    { path: "a/log.json", content: records(300, "shared"), cuts: 4096, compression: "zstd" },
    { path: "b/log.json", content: records(300, "shared"), cuts: 4096, compression: "zstd" },
    { path: "c/log.json", content: records(300, "shared") },
    { path: "d/whole.json", content: records(300, "whole"), compression: "zstd" },
  ]),
  { name: "chunks-walk-order.none", isCompressed: false, make: makeInWalkOrder },
  created("chunks-created.zstd", "fixed"),
  created("chunks-left-out.zstd", "none"),
];

/** Lines that compress to about a third, the same for the same seed. */
export function records(count: number, seed: string): Buffer {
  const lines = Array.from({ length: count }, (_, i) => {
    const id = createHash("sha256").update(`${seed} ${i}`).digest("hex").slice(0, 16);
    return `{"level":"info","id":"${id}","message":"request ${i} was answered"}\n`;
  });
  return Buffer.from(lines.join(""));
}

/** The sizes of chunks that the content says. */
export function cutsOf(content: Uint8Array): number[] {
  const cutter = createContentCutter(contentAverage);
  const sizes: number[] = [];
  let from = 0;
  for (let end = cutter.cutIn(content, 0); end >= 0; end = cutter.cutIn(content, from)) {
    sizes.push(end - from);
    from = end;
    if (from === content.length) return sizes;
  }
  return [...sizes, content.length - from];
}

function stored(name: string, files: readonly FileInChunks[]): GoldenRecipe {
  return { name, isCompressed: false, make: () => chunkedArchive(files) };
}

function compressed(name: string, files: readonly FileInChunks[]): GoldenRecipe {
  return { name, isCompressed: true, make: () => chunkedArchive(files) };
}

/** Two large files with the same 4.7 MB, of which little is left. */
function created(name: string, chunking: Chunking): GoldenRecipe {
  const block = records(1000, "created").toString();
  const content = Buffer.from(Array.from({ length: 66 }, (_, i) => `${i}\n${block}`).join(""));
  const file = { content, mode: 0o640, mtime: 1_700_000_000_123_456_000n, uid: 0, gid: 0 };
  return {
    name,
    isCompressed: true,
    async make() {
      const parts: Uint8Array[] = [];
      const { index } = await createArchive(
        [
          { ...file, path: "a.log" },
          { ...file, path: "same/b.log" },
          { ...file, path: "small.txt", content: Buffer.from("not cut\n") },
        ],
        { write: (chunk) => void parts.push(chunk.slice()) },
        { compression: "zstd", chunking },
      );
      return { index: index.bytes, data: Buffer.concat(parts) };
    },
  };
}

/** As `chunks-fixed.none`, in an order in which the Go implementation writes names. */
async function makeInWalkOrder(): Promise<ArchiveParts> {
  const parts = await chunkedArchive([
    { path: "b.bin", content: noise(20_000, "b"), cuts: 4096 },
    { path: "b/a.bin", content: noise(10_000, "b/a"), cuts: 8192 },
    { path: "c.txt", content: Buffer.from("not cut\n") },
  ]);
  const archive = parts.open();
  const paths = ["b/a.bin", "b.bin", "c.txt"];
  const index = rawIndex({
    entries: paths.map((path) => rawEntry(archive, path)),
    dataSize: BigInt(archive.dataSize),
    dataHash: archive.dataHash,
    chunkedFiles: paths.flatMap((path, entry) => {
      const chunks = archive.chunks(path);
      if (chunks === undefined) return [];
      const hashes = Buffer.concat(Array.from(chunks, ({ hash }) => hash));
      return [{ entry, chunkSize: chunks.chunkSize, hashes }];
    }),
  });
  return { index, data: parts.data };
}

function rawEntry(archive: Archive, path: string): RawEntry {
  const entry = archive.entry(path);
  if (entry === undefined) throw new Error(`There is no ${path}`);
  return {
    path,
    dataOffset: BigInt(entry.dataOffset),
    dataSize: BigInt(entry.storedSize),
    originalSize: BigInt(entry.size),
    hash: entry.hash,
    mode: entry.mode,
    mtimeNs: entry.mtimeNs,
  };
}
