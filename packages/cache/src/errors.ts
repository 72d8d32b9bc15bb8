import type { BlobErrorDetails } from "@blob/core/errors";
import { BlobError, isBlobError } from "@blob/core/errors";

/**
 * Every code of {@link CacheError}: what they mean is documented once, at `blobErrorCodes` of `@blob/core/errors`. Observers
 * hear of them, as of the `UnsafeDirectory` and `UnsafeFile` of an `UnsafeFileError`: reads go on without the cache. Only
 * `ShortRead` is thrown by one.
 */
export const cacheErrorCodes = ["CorruptEntry", "ShortRead", "TimedOut"] as const;

/** One of {@link cacheErrorCodes}. */
export type CacheErrorCode = (typeof cacheErrorCodes)[number];

/** What a {@link CacheError} can have beside its code and message. */
export interface CacheErrorDetails extends BlobErrorDetails {
  /** The directory or file concerned. */
  readonly path?: string | undefined;
  /** The key of the entry, or the id of the source. */
  readonly key?: string | undefined;
}

/** What this package itself has to say. Errors of a store, such as those of the file system, come as they are. */
export class CacheError extends BlobError {
  /** Always `CacheError`. */
  override readonly name = "CacheError";
  /** What went wrong: one of {@link cacheErrorCodes}. */
  override readonly code: CacheErrorCode;
  /** The directory or file concerned. */
  readonly path: string | undefined;
  /** The key of the entry, or the id of the source. */
  readonly key: string | undefined;

  constructor(code: CacheErrorCode, message: string, details: CacheErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.path = details.path;
    this.key = details.key;
  }
}

/** Whether a value is a {@link CacheError}, of this or another copy of the package. */
export function isCacheError(value: unknown): value is CacheError {
  return isBlobError(value) && value.name === "CacheError";
}
