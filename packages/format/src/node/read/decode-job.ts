import type { ZstdDecodeOptions, ZstdDecoder } from "../../zstd/codec.js";
import { toPlainError } from "../workers/plain-error.js";
import type { PlainError } from "../workers/plain-error.js";
import { decodeWhole } from "./decode-whole.js";
import type { StoredFile } from "./decode-whole.js";

/** A file that is to be decoded by a worker. */
export interface DecodeJob {
  readonly stored: Uint8Array<ArrayBuffer>;
  readonly file: StoredFile;
  readonly options: ZstdDecodeOptions;
}

/** What it answers: the content, in memory that costs nothing to send. */
export type DecodeResponse =
  | { readonly kind: "content"; readonly content: Uint8Array<ArrayBuffer> }
  | { readonly kind: "error"; readonly error: PlainError };

/** Decodes and verifies, whatever is stored. */
export function answerDecode({ stored, file, options }: DecodeJob, decoder: ZstdDecoder): DecodeResponse {
  try {
    // A copy, where libraries give memory that cannot be sent.
    return { kind: "content", content: new Uint8Array(decodeWhole(file, stored, decoder, options)) };
  } catch (error) {
    return { kind: "error", error: toPlainError(error) };
  }
}
