import type { FileHandle } from "node:fs/promises";
import { readBeginning } from "../bytes/read-beginning.js";
import type { Beginning } from "../bytes/read-beginning.js";

/** Between two looks at the signal. */
const readLength = 256 * 1024;

/**
 * Up to so many bytes of an open file from where it stands, and whether there are more: whatever its size was said to be.
 * Pipes (process substitution in a shell) work too. The handle stays open.
 */
export async function readFileBeginning(
  handle: FileHandle,
  maxBytes: number,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Beginning> {
  return readBeginning(chunksOf(handle, maxBytes, options.signal), maxBytes);
}

async function* chunksOf(
  handle: FileHandle,
  maxBytes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(Math.min(readLength, maxBytes + 1));
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
