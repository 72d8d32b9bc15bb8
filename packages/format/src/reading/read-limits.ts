import { checkLimit } from "../option-values.js";
import { defaultMaxDecoderBytes } from "../zstd/frame-limits.js";

/** How much memory an archive may take. The archive says how much it needs; these say how much it gets. */
export interface ReadLimits {
  /** Bytes of index; checked by `openArchive`. Default: 64 MiB, about 500,000 files. */
  readonly maxIndexBytes?: number | undefined;
  /** Bytes of one file that `readFile` returns; streams have no such limit. Default: 256 MiB. */
  readonly maxFileBytes?: number | undefined;
  /** Bytes of window that a zstd frame may ask for, else `SizeExceeded`. Default: 256 MiB. */
  readonly maxDecoderBytes?: number | undefined;
}

/** An open index takes about twice its size. Go's limit is 8 MiB, which an archive with 200,000 files is beyond. */
const defaultMaxIndexBytes = 64 * 1024 * 1024;

/** What is larger is hardly meant to be read into memory in one piece. */
const defaultMaxFileBytes = 256 * 1024 * 1024;

export type ResolvedLimits = Readonly<Record<keyof ReadLimits, number>>;

/** With defaults for what is not set. `InvalidArgument` for what is no limit. */
export function resolveLimits(limits: ReadLimits = {}): ResolvedLimits {
  for (const name of ["maxIndexBytes", "maxFileBytes", "maxDecoderBytes"] as const) {
    checkLimit(`limits.${name}`, limits[name]);
  }
  return {
    maxIndexBytes: limits.maxIndexBytes ?? defaultMaxIndexBytes,
    maxFileBytes: limits.maxFileBytes ?? defaultMaxFileBytes,
    maxDecoderBytes: limits.maxDecoderBytes ?? defaultMaxDecoderBytes,
  };
}
