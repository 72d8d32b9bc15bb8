import { Interruption } from "./interruption.js";

/** The command's exit codes; scripts rely on them. */
export const exitCodes = {
  done: 0,
  other: 1,
  usage: 2,
  authentication: 3,
  notFound: 4,
  verification: 5,
  incomplete: 6,
  network: 7,
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
  MalformedConfig: exitCodes.authentication,
  UnreadableConfig: exitCodes.authentication,
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
  SourceMismatch: exitCodes.verification,
  PolicyViolation: exitCodes.verification,
  NoRule: exitCodes.verification,
  NotChecked: exitCodes.verification,

  NotVerified: exitCodes.verification,
  InvalidTrustedRoot: exitCodes.verification,

  InvalidPolicy: exitCodes.usage,
  InvalidSigner: exitCodes.usage,
  MalformedKey: exitCodes.usage,
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
