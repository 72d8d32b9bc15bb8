import type { BlobErrorDetails } from "@blob/core/errors";
import { BlobError, isBlobError } from "@blob/core/errors";

/**
 * Every code of {@link ClientError}: what they mean is documented once, at `blobErrorCodes` of `@blob/core/errors`. Errors of
 * the packages below pass through as they are.
 */
export const clientErrorCodes = [
  "InvalidReference",
  "InvalidManifest",
  "AmbiguousReference",
  "MissingIndex",
  "MissingData",
  "DigestMismatch",
  "PolicyViolation",
  "SizeExceeded",
  "InvalidArgument",
  "TagsIncomplete",
  "TemporaryDirectory",
  "Closed",
  "Offline",
] as const;

/** One of {@link clientErrorCodes}. */
export type ClientErrorCode = (typeof clientErrorCodes)[number];

/** What a {@link ClientError} can have beside its code and message. */
export interface ClientErrorDetails extends BlobErrorDetails {
  /** Of the manifest or blob that it is about. */
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
}

/** What the verbs throw, besides the errors of the packages below and an aborted signal's reason. */
export class ClientError extends BlobError {
  /** Which class it is of, also to another copy of the package. */
  override readonly name = "ClientError";
  /** What went wrong: what each code means is said at `blobErrorCodes`. */
  override readonly code: ClientErrorCode;
  /** Of the manifest or blob that it is about. */
  readonly digest: string | undefined;
  /** Why policies refused: one sentence each. */
  readonly reasons: readonly { readonly policy: string; readonly message: string }[];
  /** The tags that point to the manifest with `digest`. */
  readonly tagged: readonly string[];
  /** Those that should, and do not as far as the registry says. */
  readonly notTagged: readonly string[];
  /** Digests of what the reference could mean. */
  readonly candidates: readonly string[];
  /** Of a file or directory. */
  readonly path: string | undefined;

  constructor(code: ClientErrorCode, message: string, details: ClientErrorDetails = {}) {
    super(message, details);
    this.code = code;
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
  return isBlobError(value) && value.name === "ClientError";
}
