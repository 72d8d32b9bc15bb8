import type { BlobErrorDetails } from "@blob/core/errors";
import { BlobError, isBlobError } from "@blob/core/errors";
import type { CopyProgress } from "./copy/copy-progress.js";

/** Every code of {@link RegistryError}: what they mean is documented once, at `blobErrorCodes` of `@blob/core/errors`. */
export const registryErrorCodes = [
  "NotFound",
  "Unauthorized",
  "Forbidden",
  "InvalidReference",
  "InvalidArgument",
  "DigestMismatch",
  "SizeExceeded",
  "InvalidResponse",
  "UnsafeRedirect",
  "Rejected",
  "Unsupported",
  "ReferrersUnsupported",
  "RateLimited",
  "Unavailable",
  "Network",
  "TimedOut",
  "Conflict",
  "FileSystem",
] as const;

/** One of {@link registryErrorCodes}. */
export type RegistryErrorCode = (typeof registryErrorCodes)[number];

/** What the answers of known registries mean, where that is more than a code says. */
export type RefusalReason = "ImmutableTag" | "QuotaExceeded" | "UnknownType" | "PlainHttpToTls";

/** What a {@link RegistryError} can have beside its code and message. */
export interface RegistryErrorDetails extends BlobErrorDetails {
  /**
   * The name concerned: with a `host` that is `repository:tag`, `repository@digest` or a repository there. The error's
   * own `reference` has the host in front.
   */
  readonly reference?: string | undefined;
  /** The registry's host, or the path of a layout. */
  readonly host?: string | undefined;
  /**
   * The registry that `reference` is a name at, if that is not `host`: when a host refused that the registry had
   * redirected to.
   */
  readonly registry?: string | undefined;
  /** The digest of the blob or manifest concerned. */
  readonly digest?: string | undefined;
  /** The HTTP status of the reply that was refused. */
  readonly status?: number | undefined;
  /** How long the registry asked to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** For a copy that failed: what is at the destination already, and what is not. */
  readonly copied?: CopyProgress | undefined;
  /** Whether the refused request had credentials; undefined if the error is not about an answer. */
  readonly credentialsSent?: boolean | undefined;
  /** What the registry calls it, such as `DENIED`: whatever it wrote, without secrets and control characters. */
  readonly complaint?: string | undefined;
  /** What the answer is known to mean, as far as its words tell. The registry may lie: nothing depends on it but advice. */
  readonly reason?: RefusalReason | undefined;
}

/** The only kind of error that this package throws, apart from an aborted signal's reason. */
export class RegistryError extends BlobError {
  /** Always `RegistryError`. */
  override readonly name = "RegistryError";
  /** What went wrong, for programs. */
  override readonly code: RegistryErrorCode;
  /** The registry's host, or the path of a layout. */
  readonly host: string | undefined;
  /** The digest of the blob or manifest concerned. */
  readonly digest: string | undefined;
  /** The HTTP status of the reply that was refused. */
  readonly status: number | undefined;
  /** How long the registry asked to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** For a copy that failed: what is at the destination already, and what is not. */
  readonly copied: CopyProgress | undefined;
  /** Whether the refused request had credentials; undefined if the error is not about an answer. */
  readonly credentialsSent: boolean | undefined;
  /** What the registry calls it, such as `DENIED`: whatever it wrote, without secrets and control characters. */
  readonly complaint: string | undefined;
  /** What the answer is known to mean, as far as its words tell. The registry may lie: nothing depends on it but advice. */
  readonly reason: RefusalReason | undefined;

  constructor(code: RegistryErrorCode, message: string, details: RegistryErrorDetails = {}) {
    super(message, {
      ...details,
      reference: referenceAt(details.registry ?? details.host, details.reference),
    });
    this.code = code;
    this.host = details.host;
    this.digest = details.digest;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.copied = details.copied;
    this.credentialsSent = details.credentialsSent;
    this.complaint = details.complaint;
    this.reason = details.reason;
  }
}

/**
 * A name with its host in front: `host/repository:tag`. A layout's host is its path, and it has one repository without
 * a name: `oci:/path:tag`. A name that begins with its host is returned as it is.
 */
function referenceAt(host: string | undefined, name: string | undefined): string | undefined {
  if (host === undefined || name === undefined) return name;
  if (name === "" || name === host) return host;
  if (name.startsWith(`${host}/`) || name.startsWith(`${host}:`) || name.startsWith(`${host}@`)) return name;
  return /^[:@]/u.test(name) ? `${host}${name}` : `${host}/${name}`;
}

/** Whether a value is a {@link RegistryError}, of this or another copy of the package. */
export function isRegistryError(value: unknown): value is RegistryError {
  return isBlobError(value) && value.name === "RegistryError";
}
