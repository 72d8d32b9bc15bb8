/** How a large file is cut into chunks, as it is written into an index. */
export interface FileCuts {
  /** The file's place among the entries. */
  readonly row: number;
  /** The size of each chunk but the last; of cuts that the content says, the size that they aim at. */
  readonly chunkSize: number;
  /** SHA-256 of each chunk's content, 32 bytes each. */
  readonly hashes: Uint8Array;
  /** How many bytes are stored for each chunk of a compressed file. */
  readonly storedSizes: Uint32Array | undefined;
  /** The size of each chunk, where the content says the cuts. */
  readonly sizes: Uint32Array | undefined;
}
