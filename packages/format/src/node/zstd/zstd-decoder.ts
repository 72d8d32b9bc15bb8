import type { ZstdDecoder, ZstdFrameDecoder } from "../../zstd/codec.js";
import { createZstdDecoder } from "../../zstd/decoder.js";
import { loadNativeFrameDecoder } from "./native-frame-decoder.js";
import { createZlibFrameDecoder } from "./zlib-frame-decoder.js";

/**
 * The fastest zstd decoder that this runtime has: the optional dependency `zstd-napi`, else `node:zlib` (Node 22.15 and
 * later), else JavaScript. Loads nothing that compresses.
 */
export async function loadZstdDecoder(): Promise<ZstdDecoder> {
  return createZstdDecoder(await loadFrameDecoder());
}

/** What decodes single frames in this runtime. */
export async function loadFrameDecoder(): Promise<ZstdFrameDecoder> {
  return (await loadNativeFrameDecoder()) ?? loadOtherFrameDecoder();
}

async function loadOtherFrameDecoder(): Promise<ZstdFrameDecoder> {
  const { portableZstdFrames } = await import("../../zstd/portable/portable.js");
  return createZlibFrameDecoder(portableZstdFrames) ?? portableZstdFrames;
}
