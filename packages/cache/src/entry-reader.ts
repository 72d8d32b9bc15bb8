import type { FileHandle } from "node:fs/promises";
import type { CacheReader } from "./cache-store.js";

const readBytes = 256 * 1024;

/** Reads an open file, and closes it. */
export function readerOver(handle: FileHandle, size: number): CacheReader {
  let isOpen = true;
  return {
    size,
    async *read({ offset, length } = { offset: 0, length: size }) {
      const end = Math.min(size, offset + length);
      for (let at = offset; at < end;) {
        const buffer = new Uint8Array(Math.min(readBytes, end - at));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await handle.close();
    },
  };
}
