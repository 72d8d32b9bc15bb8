import { Interruption } from "../interruption.js";

/** The command's exit codes; scripts rely on them. A signal's are those of {@link Interruption}. */
export const exitCodes = {
  /** All of it was done, and all of the result was written. */
  done: 0,
  /** What no other code is for; also that `diff` and `status` found a difference. */
  other: 1,
  /** The command line, the configuration or a file that it names makes no sense. */
  usage: 2,
  /** The registry wants other credentials, or there are none. */
  authentication: 3,
  /** There is no such reference, or no such path in the archive. */
  notFound: 4,
  /** Bytes are not what was promised, or a policy refused them: do not use what was read. */
  verification: 5,
  /** A part was not done, or was left out where `--strict` does not allow it: the message says which. */
  incomplete: 6,
  /** A service could not be reached, or did not answer in time: try again later. */
  network: 7,
  /** The registry had enough of us for now: try again later still. */
  rateLimited: 8,
} as const;

/** By the `code` of an error of any package. Whatever is not here is 1. */
const byErrorCode: Readonly<Record<string, number>> = {
  InvalidReference: exitCodes.usage,
  InvalidArgument: exitCodes.usage,
  AmbiguousReference: exitCodes.usage,
  Usage: exitCodes.usage,
  InvalidConfig: exitCodes.usage,

  Unauthorized: exitCodes.authentication,
  Forbidden: exitCodes.authentication,
  InvalidCredentialsFile: exitCodes.authentication,
  UnreadableCredentialsFile: exitCodes.authentication,
  InvalidCredential: exitCodes.authentication,
  HelperFailed: exitCodes.authentication,
  InvalidChallenge: exitCodes.authentication,
  InsecureRealm: exitCodes.authentication,
  TokenRefused: exitCodes.authentication,
  InvalidTokenResponse: exitCodes.authentication,

  NotFound: exitCodes.notFound,

  HashMismatch: exitCodes.verification,
  DigestMismatch: exitCodes.verification,
  Decompression: exitCodes.verification,
  Compression: exitCodes.verification,
  InvalidIndex: exitCodes.verification,
  InvalidTar: exitCodes.verification,
  SourceMismatch: exitCodes.verification,
  PolicyViolation: exitCodes.verification,
  NoRule: exitCodes.verification,
  NotChecked: exitCodes.verification,

  NotVerified: exitCodes.verification,
  InvalidTrustedRoot: exitCodes.verification,

  InvalidPolicy: exitCodes.usage,
  InvalidSigner: exitCodes.usage,
  InvalidKey: exitCodes.usage,
  UnsupportedKey: exitCodes.usage,
  NoHome: exitCodes.usage,
  PROXY_INVALID: exitCodes.usage,
  PasswordRequired: exitCodes.authentication,
  WrongPassword: exitCodes.authentication,
  InvalidToken: exitCodes.authentication,
  IdentityUnavailable: exitCodes.authentication,
  IdentityRefused: exitCodes.authentication,

  ServiceUnavailable: exitCodes.network,
  ServiceTimedOut: exitCodes.network,
  TrustUnavailable: exitCodes.network,
  KeyUnavailable: exitCodes.network,

  Incomplete: exitCodes.incomplete,
  TagsIncomplete: exitCodes.incomplete,

  Network: exitCodes.network,
  TokenUnavailable: exitCodes.network,
  TimedOut: exitCodes.network,
  RateLimited: exitCodes.rateLimited,
};

/** The exit code for whatever ended a command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interruption) return error.exitCode;
  return byErrorCode[errorCodeOf(error)] ?? exitCodes.other;
}

/** The `code` of an error of ours, or `Internal`. */
export function errorCodeOf(error: unknown): string {
  if (error instanceof Interruption) return "Interrupted";
  if (typeof error === "object" && error !== null && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  return "Internal";
}
