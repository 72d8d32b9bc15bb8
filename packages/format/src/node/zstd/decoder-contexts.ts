import type { ZstdBinding } from "./zstd-binding.js";

/**
 * The libraries refuse windows above 128 MiB unless they are told otherwise. How large a window may be was checked
 * before they see a frame, so they are told that anything goes.
 */
export const windowLogMax = 31;

/** A decoder context of `zstd-napi`. */
export type DecoderContext = InstanceType<ZstdBinding["DCtx"]>;

/** Contexts of one thread that go from frame to frame: only frames that are decoded at the same time have one each. */
export interface DecoderContexts {
  /** For the streaming of one frame. */
  take(): DecoderContext;
  /** The frame is over or given up. `windowSize` is what it asked for. */
  giveBack(context: DecoderContext, windowSize: number): void;
}

/** As many as extraction uses at a time; more are for the garbage collector. */
const maxIdle = 2;

/** The most that a context keeps for its next frame: what frames of this package, and all but the highest levels, use. */
const maxKeptWindowBytes = 8 * 1024 * 1024;

/**
 * A context keeps the largest window that it had, outside of JavaScript's heap, and there is no call that frees it. A
 * large one is kept as long as frames of a file follow one another without a pause, and then given back.
 */
export function createDecoderContexts(binding: ZstdBinding): DecoderContexts {
  const idle: DecoderContext[] = [];
  // Weak, since streams may be dropped without being closed.
  const large = new WeakSet<DecoderContext>();
  let isShrinking = false;

  function shrinkIdle(): void {
    isShrinking = false;
    for (const context of idle) if (large.delete(context)) shrink(context, binding);
  }

  return {
    take() {
      const context = idle.pop();
      if (context !== undefined) return context;
      const created = new binding.DCtx();
      created.setParameter(binding.DParameter.windowLogMax, windowLogMax);
      return created;
    },
    giveBack(context, windowSize) {
      context.reset(binding.ResetDirective.sessionOnly);
      if (windowSize > maxKeptWindowBytes) large.add(context);
      if (idle.length < maxIdle) idle.push(context);
      else if (large.delete(context)) shrink(context, binding);
      if (isShrinking || !large.has(context)) return;
      isShrinking = true;
      setImmediate(shrinkIdle);
    },
  };
}

/** An empty frame with a window of 1 KiB. */
const tinyFrame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0, 1, 0, 0);

/** zstd keeps buffers that are much too large for 128 frames, in case that they are needed again, and then frees them. */
const framesUntilFreed = 130;

/** 0.3 ms. */
function shrink(context: DecoderContext, binding: ZstdBinding): void {
  const target = new Uint8Array(1);
  for (let i = 0; i < framesUntilFreed; i++) context.decompressStream(target, tinyFrame);
  context.reset(binding.ResetDirective.sessionOnly);
}
