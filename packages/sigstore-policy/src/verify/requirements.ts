import type { TrustedRootSource } from "./trusted-root-source.js";

/**
 * Who has to have signed, as the certificate says it. Each is an exact string, or a pattern in which `*` stands for any
 * characters but `/`. A pattern is matched against the whole value.
 */
export interface SignerIdentity {
  /** The issuer of the identity token, such as `https://token.actions.githubusercontent.com`. */
  readonly issuer: string;
  /** The certificate's subject alternative name: an e-mail address, or the URI of a workflow. */
  readonly subject: string;
}

/** How many witnesses a signature with a certificate needs. */
export interface KeylessThresholds {
  /** Different transparency log entries. Default 1. */
  readonly logEntries?: number | undefined;
  /** Certificate transparency logs that have seen the certificate. Default 1. */
  readonly certificateTimestamps?: number | undefined;
  /**
   * Times that somebody else vouches for: RFC 3161 time stamps, and the times of log entries. Default 1, and at least 1:
   * without a time nobody knows whether a certificate of ten minutes was valid.
   */
  readonly signedTimes?: number | undefined;
}

/** How many witnesses a signature with a key needs. */
export interface KeyThresholds {
  /** Different transparency log entries. Default 1 with a trusted root, 0 without. */
  readonly logEntries?: number | undefined;
  /** RFC 3161 time stamps, and the times of log entries. Default 0. */
  readonly signedTimes?: number | undefined;
}

/** Trust in whoever can prove an identity to a certificate authority. */
export interface KeylessRequirement {
  readonly identity: SignerIdentity;
  readonly trustedRoot: TrustedRootSource;
  readonly thresholds?: KeylessThresholds | undefined;
}

/** Trust in whoever has a private key. */
export interface KeyRequirement {
  /** The public key: PEM (`PUBLIC KEY`). P-256, P-384, P-521, RSA of 2048 bits or more, or Ed25519. */
  readonly key: string;
  /** Needed to check log entries and time stamps; without it neither is looked at, and none can be required. */
  readonly trustedRoot?: TrustedRootSource | undefined;
  readonly thresholds?: KeyThresholds | undefined;
}
