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
  /** The digest of the manifest or blob concerned. */
  readonly digest?: string | undefined;
  /** Why policies refused: one sentence each. */
  readonly reasons?: readonly { readonly policy: string; readonly message: string }[] | undefined;
  /** For `TagsIncomplete`: the tags that point to the manifest with `digest`. */
  readonly tagged?: readonly string[] | undefined;
  /** For `TagsIncomplete`: the tags that should point to it, and according to the registry do not. */
  readonly notTagged?: readonly string[] | undefined;
  /** For `AmbiguousReference`: digests of the archives that the reference could mean. */
  readonly candidates?: readonly string[] | undefined;
  /** The path of the file or directory concerned. */
  readonly path?: string | undefined;
}

/** What the verbs throw, besides the errors of the packages below and an aborted signal's reason. */
export class ClientError extends BlobError {
  /** Always `ClientError`. */
  override readonly name = "ClientError";
  /** What went wrong: what each code means is said at `blobErrorCodes`. */
  override readonly code: ClientErrorCode;
  /** The digest of the manifest or blob concerned. */
  readonly digest: string | undefined;
  /** Why policies refused: one sentence each. */
  readonly reasons: readonly { readonly policy: string; readonly message: string }[];
  /** For `TagsIncomplete`: the tags that point to the manifest with `digest`. */
  readonly tagged: readonly string[];
  /** For `TagsIncomplete`: the tags that should point to it, and according to the registry do not. */
  readonly notTagged: readonly string[];
  /** For `AmbiguousReference`: digests of the archives that the reference could mean. */
  readonly candidates: readonly string[];
  /** The path of the file or directory concerned. */
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
