/** Every code of {@link ClientError}, with what it means. Errors of the packages below pass through as they are. */
export const clientErrorCodes = [
  /** The reference cannot be parsed, or does not name what the verb needs: a tag, say. */
  "InvalidReference",
  /** The manifest is not that of an archive: another type, other layers, or damaged. */
  "InvalidManifest",
  /** The reference leads to an image index with several archives in it: see `candidates`. */
  "AmbiguousReference",
  /** The manifest has no index layer. */
  "MissingIndex",
  /** The manifest has no data layer. */
  "MissingData",
  /** Two things that belong together do not, such as an index and a manifest: refuse the archive. */
  "DigestMismatch",
  /** A policy refused the archive: see `reasons`. */
  "PolicyViolation",
  /** Something is larger than the limit that the caller set. */
  "SizeOverflow",
  /** The caller's arguments make no sense together, or one has a form that it must not have. */
  "InvalidArgument",
  /** The manifest is there, but not all tags point to it: see `digest`, `tagged` and `notTagged`. */
  "TagsIncomplete",
  /** The temporary directory is not there, or cannot be written to: see `path`. */
  "TemporaryDirectory",
  /** The archive was closed before the read, or the client before the end of the verb. */
  "Closed",
  /** The client is offline, and what it takes is in no cache: the message says what. */
  "Offline",
] as const;

export type ClientErrorCode = (typeof clientErrorCodes)[number];

export interface ClientErrorDetails {
  /** The reference that it is about, as the caller wrote it. */
  readonly reference?: string | undefined;
  readonly digest?: string | undefined;
  /** Why policies refused: one sentence each. */
  readonly reasons?: readonly { readonly policy: string; readonly message: string }[] | undefined;
  /** The tags that point to the manifest with `digest`. */
  readonly tagged?: readonly string[] | undefined;
  /** Those that should, and do not as far as the registry says. */
  readonly notTagged?: readonly string[] | undefined;
  /** Digests of what the reference could mean. */
  readonly candidates?: readonly string[] | undefined;
  /** Of a file or directory. */
  readonly path?: string | undefined;
  readonly cause?: unknown;
}

/** Lets two copies of this package recognise each other's errors. */
const brand = Symbol.for("@blob/client/error");

/** What the verbs throw, besides the errors of the packages below and an aborted signal's reason. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: ClientErrorCode;
  readonly reference: string | undefined;
  readonly digest: string | undefined;
  readonly reasons: readonly { readonly policy: string; readonly message: string }[];
  readonly tagged: readonly string[];
  readonly notTagged: readonly string[];
  readonly candidates: readonly string[];
  readonly path: string | undefined;

  static {
    Object.defineProperty(ClientError.prototype, brand, { value: true });
  }

  constructor(code: ClientErrorCode, message: string, details: ClientErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.reference = details.reference;
    this.digest = details.digest;
    this.reasons = details.reasons ?? [];
    this.tagged = details.tagged ?? [];
    this.notTagged = details.notTagged ?? [];
    this.candidates = details.candidates ?? [];
    this.path = details.path;
  }
}

/** Whether a value is a {@link ClientError}, of this or another copy of the package. */
export function isClientError(value: unknown): value is ClientError {
  return typeof value === "object" && value !== null && brand in value;
}
