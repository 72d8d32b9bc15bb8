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

/** Values of `compression`. Others are refused when the entry is read, not when the archive is opened. */
export const compressionNone = 0;
export const compressionZstd = 1;
