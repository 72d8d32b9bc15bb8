/** Every code of {@link CacheError}, with what it means. Observers hear of them: reads go on without the cache. */
export const cacheErrorCodes = [
  /** A directory of the cache is not one, is a link, belongs to somebody else, or others may write to it. */
  "UnsafeDirectory",
  /** A file is a link, a pipe, a device or a directory, belongs to somebody else, or is larger than what is kept there. */
  "UnsafeFile",
  /** An entry is not what was put. It was deleted, and counts as a miss. */
  "CorruptEntry",
  /** The source behind a block cache gave less than was asked for. The only one that a read throws. */
  "ShortRead",
] as const;

export type CacheErrorCode = (typeof cacheErrorCodes)[number];

/** Lets two copies of this package recognise each other's errors. */
const brand = Symbol.for("@blob/cache/error");

/** What this package itself has to say. Errors of a store, such as those of the file system, come as they are. */
export class CacheError extends Error {
  override readonly name = "CacheError";
  readonly code: CacheErrorCode;
  /** The directory or file concerned. */
  readonly path: string | undefined;
  /** The key of the entry, or the id of the source. */
  readonly key: string | undefined;

  static {
    Object.defineProperty(CacheError.prototype, brand, { value: true });
  }

  constructor(
    code: CacheErrorCode,
    message: string,
    details: {
      readonly path?: string | undefined;
      readonly key?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
    this.key = details.key;
  }
}

/** Whether a value is a {@link CacheError}, of this or another copy of the package. */
export function isCacheError(value: unknown): value is CacheError {
  return typeof value === "object" && value !== null && brand in value;
}
