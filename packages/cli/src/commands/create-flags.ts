import type { CreateOptions } from "@blob/format/node";

/** Flags of the commands that archive a directory. */
export interface CreateFlags {
  readonly compression: "none" | "zstd";
  readonly compressionLevel?: number;
  readonly skipCompressed: boolean;
  readonly maxFiles?: number;
  readonly changeDetection: "none" | "strict";
}

export function createOptionsOf(flags: CreateFlags): CreateOptions {
  return {
    compression: flags.compression,
    level: flags.compressionLevel,
    // Without predicates only what does not get smaller is stored as it is.
    skipCompression: flags.skipCompressed ? undefined : [],
    maxFiles: flags.maxFiles,
    changeDetection: flags.changeDetection,
  };
}
