import { toHex } from "@blob/core/bytes";
import { checkByteRange } from "./byte-range.js";
import type { ByteSource } from "./byte-source.js";
import { portableSha256 } from "../sha256.js";
import type { Sha256 } from "../sha256.js";

/** Options of {@link bufferSource}. */
export interface BufferSourceOptions {
  /** Names the content. Default: its SHA-256, computed when it is first asked for. */
  readonly id?: string | undefined;
  /** What computes the default id. */
  readonly sha256?: Sha256 | undefined;
}

/** Small enough that other work gets its turn between chunks, and large enough to cost no throughput. */
const chunkBytes = 256 * 1024;

/**
 * A source over bytes in memory, which must not change while it is used. Chunks are copies.
 *
 * @example
 * ```ts
 * const archive = openArchive(index, bufferSource(data));
 * ```
 */
export function bufferSource(bytes: Uint8Array, options: BufferSourceOptions = {}): ByteSource {
  let { id } = options;
  return {
    get id() {
      id ??= `sha256:${toHex((options.sha256 ?? portableSha256).hash(bytes))}`;
      return id;
    },
    size: bytes.length,
    // oxlint-disable-next-line typescript/require-await -- a source is asynchronous even where this one has not to be
    async *read(range, { signal } = {}) {
      checkByteRange(range, bytes.length);
      const end = range.offset + range.length;
      for (let at = range.offset; at < end; at += chunkBytes) {
        signal?.throwIfAborted();
        // Not `slice`, by which a Buffer of Node does not copy.
        yield new Uint8Array(bytes.subarray(at, Math.min(at + chunkBytes, end)));
      }
    },
  };
}
