import type { Digest } from "@blob/registry";
import type { CertificateClaims } from "../verify/certificate-claims.js";

/** What a signature without a statement counts as, and the claim of `cosign sign`: that the manifest is signed. */
export const signedPredicateType = "https://sigstore.dev/cosign/sign/v1";

/** A statement about a manifest whose signature, signer and subject have been verified. */
export interface VerifiedAttestation {
  /** Of the referrer that carries it. */
  readonly digest: Digest;
  /** Who signed, proven. */
  readonly signer:
    | { readonly kind: "certificate"; readonly claims: CertificateClaims }
    /** base64 of the SHA-256 of the key's SubjectPublicKeyInfo. */
    | { readonly kind: "key"; readonly fingerprint: string };
  /** A URI that says what `predicate` means. */
  readonly predicateType: string;
  /** Parsed JSON: whatever the signer stated. */
  readonly predicate: unknown;
  /** Times that logs and time-stamp authorities vouch for, the earliest first. */
  readonly signedTimes: readonly Date[];
}
