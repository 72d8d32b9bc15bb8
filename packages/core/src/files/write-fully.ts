import type { FileHandle } from "node:fs/promises";

/**
 * Writes all of a chunk, which one call of the system need not do: at a position, or where the file's last write ended.
 * The chunk is not kept.
 */
export async function writeFully(handle: FileHandle, chunk: Uint8Array, position?: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const at = position === undefined ? null : position + done;
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, at);
    // Or it would go on for ever.
    if (bytesWritten === 0) throw new Error("The system writes no byte, and does not say why");
    done += bytesWritten;
  }
}
