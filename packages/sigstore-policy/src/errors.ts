import type { BlobErrorDetails } from "@blob/core/errors";
import { BlobError, isBlobError } from "@blob/core/errors";

/** Every code of {@link PolicyError}: what they mean is documented once, at `blobErrorCodes` of `@blob/core/errors`. */
export const policyErrorCodes = [
  "InvalidPolicy",
  "NotChecked",
  "NotVerified",
  "InvalidTrustedRoot",
  "InvalidKey",
  "UnsupportedKey",
  "PasswordRequired",
  "WrongPassword",
  "KeyUnavailable",
  "IdentityUnavailable",
  "InvalidToken",
  "InvalidSigner",
  "IdentityRefused",
  "ServiceRefused",
  "ServiceUnavailable",
  "ServiceTimedOut",
  "InvalidAnswer",
  "TrustUnavailable",
] as const;

/** One of {@link policyErrorCodes}. */
export type PolicyErrorCode = (typeof policyErrorCodes)[number];

/** What a {@link PolicyError} can have beside its code and message. */
export interface PolicyErrorDetails extends BlobErrorDetails {
  /** The name of the policy that it is about. */
  readonly policy?: string | undefined;
}

/** The only kind of error that this package throws, apart from an aborted signal's reason. */
export class PolicyError extends BlobError {
  /** For logs: classes of two copies of this package have the same. */
  override readonly name = "PolicyError";
  /** What went wrong: the message is for people, and changes. */
  override readonly code: PolicyErrorCode;
  /** The name of the policy that it is about. */
  readonly policy: string | undefined;

  /**
   * @param code What programs go by.
   * @param message What was found, and what to do about it; no secrets.
   * @param details The policy that it is about, and what brought it about.
   */
  constructor(code: PolicyErrorCode, message: string, details: PolicyErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.policy = details.policy;
  }
}

/**
 * Whether a value is a {@link PolicyError}, of this or another copy of the package.
 *
 * @example
 * ```ts
 * try {
 *   await signer.sign(manifest);
 * } catch (error) {
 *   if (isPolicyError(error) && error.code === "ServiceUnavailable") return tryAgainLater();
 *   throw error;
 * }
 * ```
 */
export function isPolicyError(value: unknown): value is PolicyError {
  return isBlobError(value) && value.name === "PolicyError";
}
