import { maxSmallFileBytes } from "../walk/read-small-file.js";

/** How large files are cut into chunks, or that the archive does not say. */
export type Chunking = "fixed" | "none";

/** A compressed chunk is a frame. Smaller ones compress worse: of sources, 2 MiB takes 1.7 % more. */
export const compressedChunkBytes: number = maxSmallFileBytes;

/** Chunks that are stored as they are cost nothing but their hashes, and less to fetch when they are smaller. */
export const storedChunkBytes: number = 1024 * 1024;
