import { checkLimit } from "../option-values.js";
import { defaultMaxDecoderBytes } from "../zstd/frame-limits.js";

/**
 * How much memory reading an archive may take. What an archive says about its sizes is refused when it is over these
 * limits.
 */
export interface ReadLimits {
  /** The largest index that is opened, in bytes. Default: 64 MiB, about 500,000 files. */
  readonly maxIndexBytes?: number | undefined;
  /** The largest file that `readFile` returns, in bytes. Streams have no such limit. Default: 256 MiB. */
  readonly maxFileBytes?: number | undefined;
  /** The largest window that a zstd frame may ask for, in bytes of memory: more is `SizeExceeded`. Default: 256 MiB. */
  readonly maxDecoderBytes?: number | undefined;
  /**
   * How many bytes of verified chunks of large files are kept in memory, for the next read of the same ones: 0 for none.
   * They are kept for as long as the archive is. Default: 16 MiB.
   */
  readonly maxKeptBytes?: number | undefined;
}

/**
 * An open index takes about twice its size in memory. The Go implementation's limit of 8 MiB is too small for an
 * archive with 200,000 files.
 */
const defaultMaxIndexBytes = 64 * 1024 * 1024;

/** A larger file is rather to be streamed than read into memory. */
const defaultMaxFileBytes = 256 * 1024 * 1024;

/** Four compressed chunks as this package makes them, and as much as the largest chunk that there can be. */
const defaultMaxKeptBytes = 16 * 1024 * 1024;

export type ResolvedLimits = Readonly<Record<keyof ReadLimits, number>>;

/** The limits, with defaults for those that are not set. `InvalidArgument` for a value that cannot be a limit. */
export function resolveLimits(limits: ReadLimits = {}): ResolvedLimits {
  for (const name of ["maxIndexBytes", "maxFileBytes", "maxDecoderBytes", "maxKeptBytes"] as const) {
    checkLimit(`limits.${name}`, limits[name]);
  }
  return {
    maxIndexBytes: limits.maxIndexBytes ?? defaultMaxIndexBytes,
    maxFileBytes: limits.maxFileBytes ?? defaultMaxFileBytes,
    maxDecoderBytes: limits.maxDecoderBytes ?? defaultMaxDecoderBytes,
    maxKeptBytes: limits.maxKeptBytes ?? defaultMaxKeptBytes,
  };
}
