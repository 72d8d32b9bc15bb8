import process from "node:process";

import { loadNativeFrameDecoder } from "../node/zstd/native-frame-decoder.js";
import { createZlibFrameDecoder } from "../node/zstd/zlib-frame-decoder.js";
import { createWasmZstd } from "../node/zstd/zstd-wasm.js";
import type { ZstdFrameDecoder } from "../zstd/codec.js";
import { portableZstdFrames } from "../zstd/portable/portable.js";

/** Every library that decodes frames in this runtime; says which ones it has not. */
export async function loadTestedFrameDecoders(): Promise<readonly ZstdFrameDecoder[]> {
  const decoders: ZstdFrameDecoder[] = [portableZstdFrames];
  for (const [name, decoder] of [
    ["zstd-napi", await loadNativeFrameDecoder()],
    ["node:zlib", createZlibFrameDecoder(portableZstdFrames)],
    ["zstd-wasm", await loadWasmFrameDecoder()],
  ] as const) {
    if (decoder === undefined)
      console.log(`not tested: the decoder ${name}, which ${process.version} does not have`);
    else decoders.push(decoder);
  }
  return decoders;
}

/** WebAssembly proves whole frames only: it streams nothing. */
async function loadWasmFrameDecoder(): Promise<ZstdFrameDecoder | undefined> {
  const zstd = await createWasmZstd();
  if (zstd === undefined) return undefined;
  return {
    name: "zstd-wasm",
    decodeFrame: (frame, { contentSize }, maxBytes) =>
      zstd.decompress(frame, Math.min(contentSize ?? maxBytes, maxBytes)).slice(),
    startFrame: (header, maxBytes) => portableZstdFrames.startFrame(header, maxBytes),
  };
}
