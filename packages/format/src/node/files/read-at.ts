import type { FileHandle } from "node:fs/promises";

/** Reads from a place of a file until `target` is full or the file ends, and returns how many bytes there were. */
export async function readAt(handle: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await handle.read(target, filled, target.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
