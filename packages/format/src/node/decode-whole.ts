import { hash } from "node:crypto";

import { FormatError } from "../errors.js";
import type { ZstdDecoder } from "../zstd/codec.js";

/** What the index says about a small file. */
export interface StoredFile {
  readonly path: string;
  /** Of the content, in bytes. */
  readonly size: number;
  readonly isCompressed: boolean;
  /** SHA-256 of the content, in hexadecimal. */
  readonly hash: string;
}

/** The verified content of a file. `Decompression`, `HashMismatch`. */
export function decodeWhole(file: StoredFile, stored: Uint8Array, decoder: ZstdDecoder): Uint8Array {
  // An empty file may be stored as an empty frame.
  const content =
    file.isCompressed && file.size > 0 ? decoder.decompress(stored, file) : stored.subarray(0, file.size);
  if (hash("sha256", content, "hex") === file.hash) return content;
  throw new FormatError(
    "HashMismatch",
    `${JSON.stringify(file.path)} does not have the content that the index promises; the archive is damaged`,
    { path: file.path },
  );
}
