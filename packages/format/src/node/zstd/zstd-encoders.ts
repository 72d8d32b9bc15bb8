import { FormatError } from "../../errors.js";
import type { ZstdEncoder } from "../../zstd/codec.js";
import { createProvingEncoder } from "./frame-proof.js";
import { zlibZstd } from "./node-zlib.js";
import { loadProofDecoder } from "./proof-decoders.js";
import { loadZstdBinding } from "./zstd-binding.js";

/** zstd's own. */
export const defaultLevel = 3;

/**
 * The encoders of this runtime, best first. Which of them there are is found out when they are loaded. All of them prove
 * each frame before they give it out: there is no way to an encoder that does not.
 */
export const zstdEncoderLoaders: ReadonlyMap<string, () => Promise<ZstdEncoder | undefined>> = new Map([
  ["zstd-napi", () => proved(loadNativeEncoder)],
  ["node:zlib", () => proved(loadZlibEncoder)],
  ["zstd-wasm", () => proved(loadWasmEncoder)],
]);

/** The best encoder, or the one of a name. */
export async function loadZstdEncoder(name?: string): Promise<ZstdEncoder> {
  for (const [candidate, load] of zstdEncoderLoaders) {
    const encoder = name === undefined || name === candidate ? await load() : undefined;
    if (encoder !== undefined) return encoder;
  }
  throw new FormatError(
    "Unsupported",
    `This runtime has no zstd compressor${name === undefined ? "" : ` ${name}`}`,
  );
}

/** An encoder of the caller's, which is believed as little as any other. */
export async function proveEncoder(encoder: ZstdEncoder): Promise<ZstdEncoder> {
  return createProvingEncoder(encoder, await loadProofDecoder());
}

async function proved(
  load: () => Promise<ZstdEncoder | undefined> | ZstdEncoder | undefined,
): Promise<ZstdEncoder | undefined> {
  const encoder = await load();
  return encoder && proveEncoder(encoder);
}

/** zstd's own library, compiled: fastest. Keeps one buffer for its output, as large as the largest input needs. */
function loadNativeEncoder(): ZstdEncoder | undefined {
  const binding = loadZstdBinding();
  if (binding === undefined) return undefined;
  const { CCtx, CParameter } = binding;
  const contexts = new Map<number, InstanceType<typeof CCtx>>();
  const contextOf = (level: number): InstanceType<typeof CCtx> => {
    let context = contexts.get(level);
    if (context === undefined) {
      context = new CCtx();
      context.setParameter(CParameter.compressionLevel, level);
      context.setParameter(CParameter.checksumFlag, 1);
      contexts.set(level, context);
    }
    return context;
  };
  let output = new Uint8Array(0);
  return {
    name: "zstd-napi",
    compress(content, level) {
      const bound = binding.compressBound(content.length);
      if (output.length < bound) output = new Uint8Array(bound);
      return output.slice(0, contextOf(level).compress2(output, content));
    },
    compressInto(target, content, level) {
      if (target.length < binding.compressBound(content.length)) return undefined;
      return contextOf(level).compress2(target, content);
    },
  };
}

/** Node's own, from 22.15 on. Only its sync calls: the promised ones take gigabytes for many small files. */
function loadZlibEncoder(): ZstdEncoder | undefined {
  const zlib = zlibZstd();
  if (zlib === undefined) return undefined;
  const { ZSTD_c_compressionLevel: level, ZSTD_c_checksumFlag: checksum } = zlib.constants;
  return {
    name: "node:zlib",
    compress: (bytes, wanted) => zlib.zstdCompressSync(bytes, { params: { [level]: wanted, [checksum]: 1 } }),
  };
}

/**
 * zstd compiled to WebAssembly: a third of the speed, on every runtime. Its frames have no checksum: what is read is
 * verified against the index's hashes in any case.
 */
async function loadWasmEncoder(): Promise<ZstdEncoder | undefined> {
  // Only now: reading never needs it.
  const { createWasmZstd } = await import("./zstd-wasm.js");
  const zstd = await createWasmZstd();
  return zstd && { name: "zstd-wasm", ...zstd };
}
