import { chunkedArchive } from "./chunked-archive.js";
import type { ChunkedArchive, FileInChunks } from "./chunked-archive.js";
import { log, storedRange } from "./cut-files.js";
import { noise } from "./sample-content.js";

/** Of each chunk. */
export const partBytes = 512 * 1024;
export const contents = { "large.log": log(12 * partBytes), "large.bin": noise(12 * partBytes) } as const;
/** Files of more than 4 MiB, compressed and not. */
export const paths = ["large.log", "large.bin"] as const;
const files: readonly FileInChunks[] = [
  { path: "large.log", content: contents["large.log"], cuts: partBytes, compression: "zstd" },
  { path: "large.bin", content: contents["large.bin"], cuts: partBytes },
];

/** An archive of these files, of each of which chunk 6 is damaged. */
export async function damagedFiles(): Promise<ChunkedArchive> {
  const archive = await chunkedArchive(files);
  for (const path of paths) {
    const { offset, length } = storedRange(archive, path, 6);
    archive.data.fill(0x55, offset + 100, offset + length);
  }
  return archive;
}
