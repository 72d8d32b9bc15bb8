/** Every code of {@link AuthError}, with what it means. */
export const authErrorCodes = [
  /** A file with credentials is not what its format says: `file` names it, the message says where. */
  "MalformedConfig",
  /** A file with credentials exists but could not be read or written: see `cause`. */
  "UnreadableConfig",
  /** A credential cannot be sent as it is, or only half of it was given. */
  "InvalidCredential",
  /** A credential helper could not store or erase. (When a helper fails to find, that is only a warning.) */
  "HelperFailed",
  /** The registry asked for a token in a way that makes no sense. */
  "InvalidChallenge",
  /** The registry named a token server that credentials must not be sent to. */
  "InsecureRealm",
  /** The token server did not accept the credential, or gives nothing to anonymous clients. */
  "TokenRefused",
  /** The token server could not answer: see `status`. After 429 and 5xx, trying again later may help. */
  "TokenUnavailable",
  /** The token server answered with something that is not a usable token. */
  "InvalidTokenResponse",
] as const;

export type AuthErrorCode = (typeof authErrorCodes)[number];

export interface AuthErrorDetails {
  /** The registry that it is about, as `host` or `host:port`. */
  readonly host?: string | undefined;
  /** The file that it is about. */
  readonly file?: string | undefined;
  /** The HTTP status that a token server answered with. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** Lets two copies of this package recognise each other's errors. */
const brand = Symbol.for("@blob/auth/error");

/**
 * The only kind of error that this package makes. An aborted signal's reason and whatever a
 * `SendTokenRequest` throws are passed on as they are. Neither messages nor causes ever hold a password or
 * token: a `cause` that might quote one (a JSON parser's message, for instance) is left out.
 */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly code: AuthErrorCode;
  readonly host: string | undefined;
  readonly file: string | undefined;
  readonly status: number | undefined;

  static {
    Object.defineProperty(AuthError.prototype, brand, { value: true });
  }

  constructor(code: AuthErrorCode, message: string, details: AuthErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.host = details.host;
    this.file = details.file;
    this.status = details.status;
  }
}

/** Whether a value is an {@link AuthError}, of this or another copy of the package. */
export function isAuthError(value: unknown): value is AuthError {
  return typeof value === "object" && value !== null && brand in value;
}
