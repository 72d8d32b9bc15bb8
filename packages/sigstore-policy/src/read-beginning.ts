import { open } from "node:fs/promises";

/** The first bytes of a file: one more than allowed, so that whoever checks its size sees when it is larger. */
export async function readBeginning(file: string, maxBytes: number): Promise<Uint8Array> {
  await using handle = await open(file);
  const buffer = new Uint8Array(maxBytes + 1);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  return buffer.slice(0, bytesRead);
}
