import type { ZstdDecoder, ZstdEncoder, ZstdFrameDecoder } from "../zstd/codec.js";
import { createZstdDecoder } from "../zstd/decoder.js";
import { loadZstdEncoder } from "./zstd-encoders.js";
import { createZlibFrameDecoder, loadNativeFrameDecoder } from "./zstd-frame-decoders.js";

/** The codecs that a process uses. */
export interface NodeZstd {
  readonly encoder: ZstdEncoder;
  readonly decoder: ZstdDecoder;
}

/**
 * The fastest zstd codecs that this runtime has: the optional peer `zstd-napi`, else `node:zlib` (Node 22.15 and
 * later), else WebAssembly for writing and JavaScript for reading. What they write can be read by all of them, but the
 * compressed bytes, and so the digests of archives, differ. Loading takes some milliseconds: keep them.
 */
export async function createNodeZstd(): Promise<NodeZstd> {
  const [encoder, decoder] = await Promise.all([loadZstdEncoder(), loadZstdDecoder()]);
  return { encoder, decoder };
}

/** The best decoder. */
export async function loadZstdDecoder(): Promise<ZstdDecoder> {
  return createZstdDecoder((await loadNativeFrameDecoder()) ?? (await loadOtherFrameDecoder()));
}

async function loadOtherFrameDecoder(): Promise<ZstdFrameDecoder> {
  const { portableZstdFrames } = await import("../zstd/portable.js");
  return createZlibFrameDecoder(portableZstdFrames) ?? portableZstdFrames;
}
