import type { CreateOptions } from "@blob/format/node";
import type { Settings } from "../settings.js";

/** Flags of the commands that archive a directory. */
export interface CreateFlags {
  readonly compression?: "none" | "zstd";
  readonly compressionLevel?: number;
  readonly skipCompressed: boolean;
  readonly maxFiles?: number;
  readonly changeDetection: "none" | "strict";
}

export function createOptionsOf(
  flags: CreateFlags,
  settings: Settings,
): Omit<CreateOptions, "signal" | "onProgress"> {
  return {
    compression: flags.compression ?? settings.compression.value,
    level: flags.compressionLevel,
    // Without predicates only what does not get smaller is stored as it is.
    skipCompression: flags.skipCompressed ? undefined : [],
    maxFiles: maxFilesOf(flags.maxFiles),
    changeDetection: flags.changeDetection,
  };
}

/** As in the Go command: 0 means the default, a negative number no limit. */
function maxFilesOf(flag: number | undefined): number | undefined {
  if (flag === undefined || flag === 0) return undefined;
  return flag < 0 ? Number.POSITIVE_INFINITY : flag;
}
