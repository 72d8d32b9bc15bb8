/** Memory that is used again: what it returns is valid until the next call. */
export type DecodeScratch = (size: number) => Uint8Array<ArrayBuffer>;

/** Grows to what the largest file needs. */
export function createDecodeScratch(): DecodeScratch {
  let memory = new Uint8Array(64 * 1024);
  return (size) => {
    if (memory.length < size) memory = new Uint8Array(Math.max(size, 2 * memory.length));
    return memory.subarray(0, size);
  };
}
