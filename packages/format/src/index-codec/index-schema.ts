/** The format version that this package reads and writes. */
export const indexVersion = 1;

/** `hash_algorithm` of SHA-256, the only one there is; also its default, so that it is left out. */
export const sha256Algorithm = 0;

/** Bytes in a SHA-256. */
export const hashBytes = 32;

/** Slots of the root table, in the order of the schema. */
export const indexSlots = {
  version: 0,
  hashAlgorithm: 1,
  entries: 2,
  dataSize: 3,
  dataHash: 4,
  /** Far from those that other implementations may come to use. Readers that do not know it skip it. */
  chunkedFiles: 32,
} as const;

/** Slots of the table `Entry`. */
export const entrySlots = {
  path: 0,
  dataOffset: 1,
  dataSize: 2,
  originalSize: 3,
  hash: 4,
  mode: 5,
  uid: 6,
  gid: 7,
  mtimeNs: 8,
  compression: 9,
} as const;

/** Slots of the table `ChunkedFile`. */
export const chunkedFileSlots = {
  entry: 0,
  chunkSize: 1,
  hashes: 2,
  storedSizes: 3,
  sizes: 4,
  sizesHash: 5,
} as const;

/** The most content that a chunk has, in bytes: readers hold it in memory. */
export const maxChunkBytes: number = 16 * 1024 * 1024;

/** The least that a chunk has which is not a file's last. */
export const minChunkBytes: number = 4 * 1024;

/** Values of `compression`. Others are refused when the entry is read, not when the archive is opened. */
export const compressionNone = 0;
export const compressionZstd = 1;
