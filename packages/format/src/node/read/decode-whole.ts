import { hash } from "node:crypto";

import { FormatError } from "../../errors.js";
import type { ZstdDecodeOptions, ZstdDecoder } from "../../zstd/codec.js";
import { decompressInTurns } from "../../zstd/in-turns.js";
import type { DecodeScratch } from "./decode-scratch.js";

/** What the index says about a small file. */
export interface StoredFile {
  readonly path: string;
  /** Of the content, in bytes. */
  readonly size: number;
  readonly isCompressed: boolean;
  /** SHA-256 of the content, in hexadecimal. */
  readonly hash: string;
}

/** The verified content of a file. `Decompression`, `HashMismatch`. Synchronous: for workers. */
export function decodeWhole(
  file: StoredFile,
  stored: Uint8Array,
  decoder: ZstdDecoder,
  options?: ZstdDecodeOptions,
): Uint8Array {
  const content = isDecoded(file) ? decoder.decompress(stored, file, options) : stored.subarray(0, file.size);
  return verified(file, content);
}

/** The same in memory that is used again: what it returns is valid until the next call with it. */
export function decodeWholeIn(
  scratch: DecodeScratch,
  file: StoredFile,
  stored: Uint8Array,
  decoder: ZstdDecoder,
): Uint8Array {
  if (!isDecoded(file) || decoder.decompressInto === undefined) return decodeWhole(file, stored, decoder);
  return verified(file, decoder.decompressInto(scratch(file.size), stored, file));
}

/** The same for the thread that others wait for. */
export async function decodeWholeInTurns(
  file: StoredFile,
  stored: Uint8Array,
  decoder: ZstdDecoder,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (!isDecoded(file)) return verified(file, stored.subarray(0, file.size));
  return verified(file, await decompressInTurns(decoder, stored, file, { signal }));
}

/** An empty file may be stored as an empty frame. */
function isDecoded({ isCompressed, size }: StoredFile): boolean {
  return isCompressed && size > 0;
}

function verified(file: StoredFile, content: Uint8Array): Uint8Array {
  if (hash("sha256", content, "hex") === file.hash) return content;
  throw new FormatError(
    "HashMismatch",
    `${JSON.stringify(file.path)} does not have the content that the index promises; the archive is damaged`,
    { path: file.path },
  );
}
