import type { CopyProgress } from "./copy-progress.js";

/** Every code of {@link RegistryError}, with what it means. */
export const registryErrorCodes = [
  /** There is no such repository, manifest, blob or layout. */
  "NotFound",
  /** The registry wants credentials, or other ones. */
  "Unauthorized",
  /** This may not be done with these credentials, or without any: `credentialsSent` tells which. */
  "Forbidden",
  /** A reference, repository name, tag or digest is malformed. */
  "InvalidReference",
  /** The caller's arguments make no sense. */
  "InvalidArgument",
  /** Bytes do not have the digest or size that was asked for. They must not be used. */
  "DigestMismatch",
  /** Something is larger than the limit that the caller or the registry sets. */
  "SizeExceeded",
  /** A reply breaks the protocol, such as a range that is not the one asked for. */
  "InvalidResponse",
  /** A redirect or upload location leads where a client must not follow. */
  "UnsafeRedirect",
  /** The registry understood the content and does not take it. */
  "Rejected",
  /** The registry does not have this part of the API. */
  "Unsupported",
  /** The registry has neither the referrers API nor a usable fallback tag. */
  "ReferrersUnsupported",
  /** Too many requests: the registry asks to wait longer than the caller allows. */
  "RateLimited",
  /** The registry has trouble of its own (5xx) that did not go away. */
  "Unavailable",
  /** The connection failed or broke: see `cause`. */
  "Network",
  /** Nothing came or went for too long, or too little. */
  "TimedOut",
  /** Somebody else changes the same thing at the same time. */
  "Conflict",
  /** The file system refused: see `cause`. */
  "FileSystem",
] as const;

/** What a {@link RegistryError} is about: one of {@link registryErrorCodes}. */
export type RegistryErrorCode = (typeof registryErrorCodes)[number];

/** What is known of the thing that an error is about. */
export interface RegistryErrorDetails {
  /** The registry's host, or the path of a layout. */
  readonly host?: string | undefined;
  /** `repository:tag` or `repository@digest`, as far as it is known. */
  readonly reference?: string | undefined;
  /** Of the blob or manifest that it is about. */
  readonly digest?: string | undefined;
  /** The HTTP status of the reply that was refused. */
  readonly status?: number | undefined;
  /** How long the registry asked to wait before the next try. */
  readonly retryAfterMs?: number | undefined;
  /** Of a copy that failed: what is at the destination, and what is not. */
  readonly copied?: CopyProgress | undefined;
  /** Whether whoever refused had been sent credentials; undefined when no answer is concerned. */
  readonly credentialsSent?: boolean | undefined;
  /** The error that led to it: may name paths and addresses. */
  readonly cause?: unknown;
}

/** Lets two copies of this package recognise each other's errors. */
const brand = Symbol.for("@blob/registry/error");

/** The only kind of error that this package throws, apart from an aborted signal's reason. */
export class RegistryError extends Error {
  /** Always `RegistryError`. */
  override readonly name = "RegistryError";
  /** What went wrong, for programs. */
  readonly code: RegistryErrorCode;
  /** The registry's host, or the path of a layout. */
  readonly host: string | undefined;
  /** `repository:tag` or `repository@digest`, as far as it is known. */
  readonly reference: string | undefined;
  /** Of the blob or manifest that it is about. */
  readonly digest: string | undefined;
  /** The HTTP status of the reply that was refused. */
  readonly status: number | undefined;
  /** How long the registry asked to wait before the next try. */
  readonly retryAfterMs: number | undefined;
  /** Of a copy that failed: what is at the destination, and what is not. */
  readonly copied: CopyProgress | undefined;
  /** Whether whoever refused had been sent credentials; undefined when no answer is concerned. */
  readonly credentialsSent: boolean | undefined;

  static {
    Object.defineProperty(RegistryError.prototype, brand, { value: true });
  }

  constructor(code: RegistryErrorCode, message: string, details: RegistryErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.host = details.host;
    this.reference = details.reference;
    this.digest = details.digest;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.copied = details.copied;
    this.credentialsSent = details.credentialsSent;
  }
}

/** Whether a value is a {@link RegistryError}, of this or another copy of the package. */
export function isRegistryError(value: unknown): value is RegistryError {
  return typeof value === "object" && value !== null && brand in value;
}
