import type { ZstdDecoder, ZstdEncoder } from "../../zstd/codec.js";
import { loadZstdDecoder } from "./zstd-decoder.js";
import { loadZstdEncoder } from "./zstd-encoders.js";

/** The codecs that a process uses. */
export interface NodeZstd {
  /** For `createArchive` and its like. Proves each frame by decompressing it. */
  readonly encoder: ZstdEncoder;
  /** For `openArchive` and its like. */
  readonly decoder: ZstdDecoder;
}

/**
 * The fastest zstd codecs that this runtime has: the optional dependency `zstd-napi`, else `node:zlib` (Node 22.15 and
 * later), else WebAssembly for writing and JavaScript for reading. What they write can be read by all of them, but the
 * compressed bytes, and so the digests of archives, differ. The encoder decompresses each frame again, and throws
 * `Compression` instead of giving out one that is not its content. Loading takes some milliseconds: keep them. Whoever
 * only reads loads less with {@link loadZstdDecoder}.
 *
 * @example
 * ```ts
 * const { decoder } = await createNodeZstd();
 * const archive = openArchive(index, data, { zstd: decoder });
 * ```
 */
export async function createNodeZstd(): Promise<NodeZstd> {
  const [encoder, decoder] = await Promise.all([loadZstdEncoder(), loadZstdDecoder()]);
  return { encoder, decoder };
}
