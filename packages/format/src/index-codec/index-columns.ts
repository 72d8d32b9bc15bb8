import type { Entry } from "../entry.js";
import type { FileCuts } from "./file-cuts.js";
import { compressionNone, compressionZstd, hashBytes } from "./index-schema.js";

/**
 * The entries of an index, a column for each field: what tens of thousands of them cost to make and to write depends
 * on how many objects there are. Rows are in the order of the paths' bytes; columns of numbers may be longer than there
 * are paths. The fields are those of {@link Entry}.
 */
export interface IndexColumns {
  readonly paths: readonly string[];
  readonly sizes: Float64Array;
  /** One after another, 32 bytes each. */
  readonly hashes: Uint8Array;
  readonly modes: Uint32Array;
  readonly uids: Uint32Array;
  readonly gids: Uint32Array;
  readonly mtimes: BigInt64Array;
  /** As the format numbers them. */
  readonly compressions: Uint8Array;
  readonly dataOffsets: Float64Array;
  readonly storedSizes: Float64Array;
  /** How large files are cut, in the order of their rows. */
  readonly cuts: readonly FileCuts[];
}

export function columnsOf(entries: readonly Entry[], cuts: readonly FileCuts[] = []): IndexColumns {
  const hashes = new Uint8Array(hashBytes * entries.length);
  for (const [row, { hash }] of entries.entries()) hashes.set(hash, hashBytes * row);
  return {
    paths: entries.map(({ path }) => path),
    sizes: Float64Array.from(entries, ({ size }) => size),
    hashes,
    modes: Uint32Array.from(entries, ({ mode }) => mode),
    uids: Uint32Array.from(entries, ({ uid }) => uid),
    gids: Uint32Array.from(entries, ({ gid }) => gid),
    mtimes: BigInt64Array.from(entries, ({ mtimeNs }) => mtimeNs),
    compressions: Uint8Array.from(entries, ({ compression }) =>
      compression === "zstd" ? compressionZstd : compressionNone,
    ),
    dataOffsets: Float64Array.from(entries, ({ dataOffset }) => dataOffset),
    storedSizes: Float64Array.from(entries, ({ storedSize }) => storedSize),
    cuts,
  };
}
