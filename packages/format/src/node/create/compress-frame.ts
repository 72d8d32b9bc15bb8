import type { ZstdEncoder } from "../../zstd/codec.js";

/**
 * Compresses parts of large files, each into one frame. The memory of a part, with {@link frameRoom} in all, is used
 * again for the frame: fresh memory takes longer than a copy.
 */
export type FrameCompressor = (part: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

export function createFrameCompressor(encoder: ZstdEncoder, level: number): FrameCompressor {
  let scratch = new Uint8Array(0);
  return (part) => {
    const room = frameRoom(part.length);
    if (scratch.length < room) scratch = new Uint8Array(room);
    const size = encoder.compressInto?.(scratch, part, level);
    const frame = size === undefined ? encoder.compress(part, level) : scratch.subarray(0, size);
    if (part.byteOffset + frame.length > part.buffer.byteLength) return new Uint8Array(frame);
    const result = new Uint8Array(part.buffer, part.byteOffset, frame.length);
    result.set(frame);
    return result;
  };
}

/** The most bytes that a frame has: of content that does not get smaller (`ZSTD_COMPRESSBOUND`). */
export function frameRoom(length: number): number {
  return length + (length >> 8) + 64;
}
