/** Frames made by hand, right or wrong (RFC 8878). */

const magic = [0x28, 0xb5, 0x2f, 0xfd];

export const raw = 0;
export const repeated = 1;
export const compressed = 2;
export const reserved = 3;

export type BlockType = typeof raw | typeof repeated | typeof compressed | typeof reserved;

/** One block: `size` is what its header says. The last of its frame unless said otherwise. */
export function block(type: BlockType, size: number, bytes: readonly number[], last = true): number[] {
  return [...uintLe((size << 3) | (type << 1) | (last ? 1 : 0), 3), ...bytes];
}

/** The same block so many times; the last one is the last of its frame. */
export function blocks(count: number, type: BlockType, size: number, bytes: readonly number[]): number[] {
  return Array.from({ length: count }, (_, i) => block(type, size, bytes, i === count - 1)).flat();
}

/** A frame without content size and checksum over ready-made blocks; a window of 1 KiB unless said otherwise. */
export function frameOf(content: readonly number[], windowLog = 10): Uint8Array {
  return Uint8Array.from([...magic, 0x00, (windowLog - 10) << 3, ...content]);
}

/** A frame that says how large its content is, with a window of its own. */
export function sizedFrameOf(size: number, content: readonly number[], windowLog = 10): Uint8Array {
  return Uint8Array.from([...magic, 0x80, (windowLog - 10) << 3, ...uintLe(size, 4), ...content]);
}

/** A skippable frame; `size` is what its header says. */
export function skippable(bytes: readonly number[], nibble = 0, size: number = bytes.length): Uint8Array {
  return Uint8Array.from([0x50 + nibble, 0x2a, 0x4d, 0x18, ...uintLe(size, 4), ...bytes]);
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The same bytes so many times. */
export function times(count: number, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.alloc(count * bytes.length, bytes));
}

function uintLe(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 256 ** i) % 256);
}
