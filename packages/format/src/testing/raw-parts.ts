import type { Archive } from "../archive.js";
import type { RawChunkedFile, RawEntry, RawIndex } from "./raw-index.js";
import { rawSizesHash } from "./raw-index.js";

/** What an index says, as it can be changed and written again. */
export interface RawParts extends RawIndex {
  readonly entries: readonly RawEntry[];
  readonly chunkedFiles: readonly (RawChunkedFile & { readonly hashes: Uint8Array })[];
}

/** What the index of an archive says: entries in their order, and how files are cut. */
export function rawParts(archive: Archive): RawParts {
  const entries = Array.from(archive.entries());
  const described = new Set<number>();
  return {
    dataSize: BigInt(archive.dataSize),
    dataHash: archive.dataHash,
    entries: entries.map((entry) => ({
      path: entry.path,
      dataOffset: BigInt(entry.dataOffset),
      dataSize: BigInt(entry.storedSize),
      originalSize: BigInt(entry.size),
      hash: entry.hash,
      mode: entry.mode,
      mtimeNs: entry.mtimeNs,
      compression: entry.compression === "zstd" ? 1 : 0,
    })),
    chunkedFiles: entries.flatMap(({ path, dataOffset, compression, hash }, entry) => {
      const chunks = archive.chunks(path);
      if (chunks === undefined || described.has(dataOffset)) return [];
      described.add(dataOffset);
      const list = Array.from(chunks);
      const sizes = chunks.boundaries === "content" ? list.map(({ size }) => size) : undefined;
      return {
        entry,
        chunkSize: chunks.chunkSize,
        hashes: new Uint8Array(Buffer.concat(list.map((chunk) => chunk.hash))),
        storedSizes: compression === "zstd" ? list.map(({ storedSize }) => storedSize) : undefined,
        sizes,
        sizesHash: sizes === undefined ? undefined : rawSizesHash(hash, sizes),
      };
    }),
  };
}
