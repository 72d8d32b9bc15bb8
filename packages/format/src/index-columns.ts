import type { Entry } from "./entry.js";
import { compressionNone, compressionZstd, hashBytes } from "./index-schema.js";

/**
 * The entries of an index, a column for each field: what tens of thousands of them cost to make and to write depends
 * on how many objects there are. Rows are in the order of the paths' bytes. The fields are those of {@link Entry}.
 */
export interface IndexColumns {
  readonly paths: readonly string[];
  readonly sizes: readonly number[];
  /** One after another, 32 bytes each. */
  readonly hashes: Uint8Array;
  readonly modes: readonly number[];
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly mtimes: readonly bigint[];
  /** As the format numbers them. */
  readonly compressions: readonly number[];
  readonly dataOffsets: readonly number[];
  readonly storedSizes: readonly number[];
}

export function columnsOf(entries: readonly Entry[]): IndexColumns {
  const hashes = new Uint8Array(hashBytes * entries.length);
  for (const [row, { hash }] of entries.entries()) hashes.set(hash, hashBytes * row);
  return {
    paths: entries.map(({ path }) => path),
    sizes: entries.map(({ size }) => size),
    hashes,
    modes: entries.map(({ mode }) => mode),
    uids: entries.map(({ uid }) => uid),
    gids: entries.map(({ gid }) => gid),
    mtimes: entries.map(({ mtimeNs }) => mtimeNs),
    compressions: entries.map(({ compression }) => compression === "zstd" ? compressionZstd : compressionNone),
    dataOffsets: entries.map(({ dataOffset }) => dataOffset),
    storedSizes: entries.map(({ storedSize }) => storedSize),
  };
}
