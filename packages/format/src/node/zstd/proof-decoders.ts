import type { ZstdFrameHeader } from "../../zstd/codec.js";
import type { ProofDecoder } from "./frame-proof.js";
import { loadZstdBinding } from "./zstd-binding.js";
import { windowLogMax } from "./decoder-contexts.js";

/** Larger contents are decompressed to memory that is not kept. This package's own encoders see half as much. */
const maxKeptBytes = 8 * 1024 * 1024;

/**
 * What proves frames costs least here: `zstd-napi`, WebAssembly with an instance of its own, and JavaScript where there is
 * nothing else. It need not be the encoder's own library. Not `node:zlib`, which has a new context and new memory for each
 * call: threads that hardly collect garbage would grow by a hundred megabytes.
 */
export async function loadProofDecoder(): Promise<ProofDecoder> {
  return createNativeProof() ?? (await createWasmProof()) ?? (await portableProof());
}

function createNativeProof(): ProofDecoder | undefined {
  const binding = loadZstdBinding();
  if (binding === undefined) return undefined;
  const context = new binding.DCtx();
  context.setParameter(binding.DParameter.windowLogMax, windowLogMax);
  let kept = new Uint8Array(0);
  return (frame, header, maxBytes) => {
    const room = roomFor(header, maxBytes);
    if (kept.length < room && room <= maxKeptBytes) kept = new Uint8Array(room);
    const target = room <= kept.length ? kept.subarray(0, room) : new Uint8Array(room);
    return target.subarray(0, context.decompress(target, frame));
  };
}

async function createWasmProof(): Promise<ProofDecoder | undefined> {
  const { createWasmZstd } = await import("./zstd-wasm.js");
  const zstd = await createWasmZstd();
  return zstd && ((frame, header, maxBytes) => zstd.decompress(frame, roomFor(header, maxBytes)));
}

async function portableProof(): Promise<ProofDecoder> {
  const { portableZstdFrames } = await import("../../zstd/portable/portable.js");
  return (frame, header, maxBytes) => portableZstdFrames.decodeFrame(frame, header, maxBytes);
}

function roomFor({ contentSize }: ZstdFrameHeader, maxBytes: number): number {
  return Math.min(contentSize ?? maxBytes, maxBytes);
}
