import type { CreateOptions } from "@blob/format/node";
import type { Session } from "../../session/session.js";
import { UsageError } from "../../errors/usage-error.js";

/** Flags of the commands that archive a directory. */
export interface CreateFlags {
  readonly compression?: "none" | "zstd";
  readonly compressionLevel?: number;
  readonly chunking?: "fixed" | "content" | "none";
  readonly skipCompressed: boolean;
  readonly maxFiles?: number;
  readonly exclude?: readonly string[];
  readonly include?: readonly string[];
  readonly ignoreFile?: readonly string[];
  readonly reproducible?: boolean;
  readonly changeDetection: "none" | "strict";
}

export function createOptionsOf(
  flags: CreateFlags,
  { settings, io }: Pick<Session, "settings" | "io">,
): Omit<CreateOptions, "signal" | "onProgress"> {
  return {
    compression: flags.compression ?? settings.compression.value,
    level: flags.compressionLevel,
    chunking: flags.chunking ?? settings.chunking.value,
    // Without predicates only what does not get smaller is stored as it is.
    skipCompression: flags.skipCompressed ? undefined : [],
    maxFiles: maxFilesOf(flags.maxFiles),
    changeDetection: flags.changeDetection,
    exclude: flags.exclude,
    include: flags.include,
    ignoreFiles: flags.ignoreFile,
    reproducible:
      flags.reproducible === true
        ? { sourceDateEpoch: sourceDateEpochOf(io.env["SOURCE_DATE_EPOCH"]) }
        : undefined,
  };
}

/** As in the Go command: 0 means the default, a negative number no limit. */
export function maxFilesOf(flag: number | undefined): number | undefined {
  if (flag === undefined || flag === 0) return undefined;
  return flag < 0 ? Number.POSITIVE_INFINITY : flag;
}

/** Seconds since 1970 for every file; https://reproducible-builds.org/specs/source-date-epoch/ */
function sourceDateEpochOf(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  if (!/^\d{1,11}$/u.test(text)) throw new UsageError(`SOURCE_DATE_EPOCH=${text}: it is a number of seconds`);
  return Number(text);
}
