/**
 * Buffers for ranges, used again for later ones: a garbage collector that is in no hurry would let many of them pile up.
 */
export interface RangeBuffers {
  /** So many bytes, whatever is in them, until they are given back. */
  take(length: number): Uint8Array<ArrayBuffer>;
  /** Nobody may use them any more. */
  giveBack(bytes: Uint8Array<ArrayBuffer>): void;
}

export function createRangeBuffers(): RangeBuffers {
  const free: ArrayBuffer[] = [];
  return {
    take(length) {
      // One that is too small goes: ranges are mostly of nearly the same length.
      const buffer = free.pop();
      return new Uint8Array(
        buffer !== undefined && buffer.byteLength >= length ? buffer : new ArrayBuffer(length),
        0,
        length,
      );
    },
    giveBack({ buffer }) {
      free.push(buffer);
    },
  };
}
