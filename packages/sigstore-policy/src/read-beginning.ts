import { open } from "node:fs/promises";
import { readFileBeginning } from "@blob/core/files";

/** The first bytes of a file: one more than allowed, so that whoever checks its size sees when it is larger. */
export async function readBeginning(file: string, maxBytes: number): Promise<Uint8Array> {
  await using handle = await open(file);
  return (await readFileBeginning(handle, maxBytes + 1)).bytes;
}
