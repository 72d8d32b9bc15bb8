/** Memory that goes from thread to thread, and is used again. */
export interface SpareMemory {
  /** So many bytes, which may be anything. */
  take(size: number): Uint8Array<ArrayBuffer>;
  /** Nobody uses it any more. What is never given back is for the garbage collector. */
  giveBack(memory: ArrayBuffer): void;
}

/** Sizes are rounded up to this: what compresses differently well fits into the same memory. */
const stepBytes = 1024 * 1024;

/**
 * Keeps no more than so many pieces, and none that was too small when it was wanted. Not shared memory: where places are not
 * aligned, engines copy to that byte by byte.
 */
export function createSpareMemory(maxIdle: number): SpareMemory {
  let idle: ArrayBuffer[] = [];
  return {
    take(size) {
      const fitting = idle.find(({ byteLength }) => byteLength >= size);
      if (fitting !== undefined) idle = idle.filter((one) => one !== fitting);
      else idle.pop();
      const memory = fitting ?? new ArrayBuffer(Math.ceil(Math.max(size, 1) / stepBytes) * stepBytes);
      return new Uint8Array(memory, 0, size);
    },
    giveBack(memory) {
      if (memory.byteLength > 0 && idle.length < maxIdle) idle.push(memory);
    },
  };
}
