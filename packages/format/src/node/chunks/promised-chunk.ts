import type { Chunk } from "../../entry.js";
import type { PromisedChunk } from "./chunk-job.js";

/** What the index says of a chunk of a file, as plain data. */
export function promisedChunk(path: string, { index, offset, size, hash }: Chunk): PromisedChunk {
  return { path, index, offset, size, hash: Buffer.from(hash).toString("hex") };
}
