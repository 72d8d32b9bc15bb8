import type { BlobErrorDetails } from "@blob/core/errors";
import { BlobError, isBlobError } from "@blob/core/errors";

/** Every code of {@link AuthError}: what they mean is documented once, at `blobErrorCodes` of `@blob/core/errors`. */
export const authErrorCodes = [
  "InvalidCredentialsFile",
  "UnreadableCredentialsFile",
  "InvalidCredential",
  "HelperFailed",
  "InvalidChallenge",
  "InsecureRealm",
  "TokenRefused",
  "TokenUnavailable",
  "InvalidTokenResponse",
] as const;

/** One of {@link authErrorCodes}. */
export type AuthErrorCode = (typeof authErrorCodes)[number];

/** What a {@link AuthError} can have beside its code and message. */
export interface AuthErrorDetails extends BlobErrorDetails {
  /** The registry that it is about, as `host` or `host:port`. */
  readonly host?: string | undefined;
  /** The file that it is about. */
  readonly file?: string | undefined;
  /** The HTTP status that a token server answered with. */
  readonly status?: number | undefined;
}

/**
 * The only kind of error that this package makes. An aborted signal's reason and whatever a
 * `SendTokenRequest` throws are passed on as they are. Neither messages nor causes ever hold a password or
 * token: a `cause` that might quote one (a JSON parser's message, for instance) is left out.
 */
export class AuthError extends BlobError {
  /** Always `AuthError`. */
  override readonly name = "AuthError";
  /** What went wrong: one of {@link authErrorCodes}. */
  override readonly code: AuthErrorCode;
  /** The registry concerned, as `host` or `host:port`; undefined when the error is about a file or option alone. */
  readonly host: string | undefined;
  /** The path of the credentials file concerned, if it is about one. */
  readonly file: string | undefined;
  /** The HTTP status that a token server answered with; undefined when no token server answered. */
  readonly status: number | undefined;

  constructor(code: AuthErrorCode, message: string, details: AuthErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.host = details.host;
    this.file = details.file;
    this.status = details.status;
  }
}

/** Whether a value is an {@link AuthError}, of this or another copy of the package. */
export function isAuthError(value: unknown): value is AuthError {
  return isBlobError(value) && value.name === "AuthError";
}
