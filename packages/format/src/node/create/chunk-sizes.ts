import { maxSmallFileBytes } from "../walk/read-small-file.js";

/** How large files are cut into chunks, or that the archive does not say. */
export type Chunking = "fixed" | "content" | "none";

/** How one large file is cut. */
export interface Cutting {
  /** The size of each chunk but the last; of cuts that the content says, the size that they aim at. */
  readonly chunkBytes: number;
  readonly byContent: boolean;
}

/** Nothing when nothing is said of chunks. */
export function cuttingOf(chunking: Chunking, isCompressed: boolean): Cutting | undefined {
  if (chunking === "none") return undefined;
  return {
    chunkBytes: chunkSizes[isCompressed ? "compressed" : "stored"],
    byContent: chunking === "content",
  };
}

/**
 * Measured, see docs/performance.md. A compressed chunk is a frame, and smaller ones compress worse: with 2 MiB, wherever
 * the cuts are, archives of sources grow by up to 5 %. Chunks that are stored as they are cost nothing but their hashes.
 */
const chunkSizes = { compressed: maxSmallFileBytes, stored: 1024 * 1024 } as const;
