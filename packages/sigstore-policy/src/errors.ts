/** Every code of {@link PolicyError}, with what it means, for programs that go by it. */
export const policyErrorCodes = [
  /** The policy itself makes no sense, such as one that would accept everything: mend the code or file that made it. */
  "InvalidPolicy",
  /** No policy accepted the subject, and at least one could not be checked: see `cause`. */
  "NotChecked",
  /** A bundle does not prove what it has to: the message says what was found, and why that does not do. */
  "NotVerified",
  /** A trusted root cannot be read: get it anew from whom it comes. */
  "InvalidTrustedRoot",
  /** A key file is not in the format that it claims, or holds no key, or several. */
  "MalformedKey",
  /** A key of a kind, or encrypted in a way, that is not accepted: the message says what to use. */
  "UnsupportedKey",
  /** A private key is encrypted, and no password was given. */
  "PasswordRequired",
  /** A private key could not be decrypted: wrong password, or a damaged file. */
  "WrongPassword",
  /** A public key could not be fetched. */
  "KeyUnavailable",
  /** There is no identity token: not given, refused by who issues them, or nobody signed in. */
  "IdentityUnavailable",
  /** What should be an identity token is none, or is not for this use: the message says what is wrong with it. */
  "InvalidToken",
  /** The options of a signer make no sense together, or not for what is to be signed. */
  "InvalidSigner",
  /** The certificate authority does not take the identity token: it has expired, or is from somebody it does not know. */
  "TokenRefused",
  /** A service that signing needs does not take the request: the message has the status, and what it says. */
  "ServiceRefused",
  /** A service that signing needs has trouble of its own, or cannot be reached: try again later. */
  "ServiceUnavailable",
  /** A service that signing needs did not answer in time. */
  "ServiceTimedOut",
  /** What a service answered is not what was asked for, and must not be used. */
  "InvalidAnswer",
  /** The trusted root could not be had: the message says from where, and `cause` why. */
  "TrustUnavailable",
] as const;

/** One of {@link policyErrorCodes}. */
export type PolicyErrorCode = (typeof policyErrorCodes)[number];

/** Lets two copies of this package recognise each other's errors. */
const brand = Symbol.for("@blob/sigstore-policy/error");

/** The only kind of error that this package throws, apart from an aborted signal's reason. */
export class PolicyError extends Error {
  /** For logs: classes of two copies of this package have the same. */
  override readonly name = "PolicyError";
  /** What went wrong: the message is for people, and changes. */
  readonly code: PolicyErrorCode;
  /** The name of the policy that it is about. */
  readonly policy: string | undefined;

  static {
    Object.defineProperty(PolicyError.prototype, brand, { value: true });
  }

  /**
   * @param code What programs go by.
   * @param message What was found, and what to do about it; no secrets.
   * @param details The policy that it is about, and what brought it about.
   */
  constructor(
    code: PolicyErrorCode,
    message: string,
    details: { readonly policy?: string | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.policy = details.policy;
  }
}

/**
 * Whether a value is a {@link PolicyError}, of this or another copy of the package.
 *
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
  return typeof value === "object" && value !== null && brand in value;
}
