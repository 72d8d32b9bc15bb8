import type { Digest, Manifest } from "./descriptor.js";
import type { CallOptions, Registry } from "./registry.js";

/**
 * The manifest that a policy decides about. Its bytes were verified against its digest, so that a policy need not fetch
 * them again.
 */
export interface PolicySubject {
  /** The registry with its referrers, such as signatures. */
  readonly registry: Registry;
  /** The repository that it was read from. */
  readonly repository: string;
  /** The manifest of what is about to be read. */
  readonly manifest: Manifest;
}

/** Why a policy did not accept a subject. */
export interface PolicyReason {
  /** The name of the policy that refused; inside `all` and `any`, that of the inner policy. */
  readonly policy: string;
  /** One sentence for a person. */
  readonly message: string;
}

/** A statement about the subject that a policy verified, and accepted. */
export interface Evidence {
  /** The policy that accepted it. */
  readonly policy: string;
  /** The digest of the referrer that carries the statement. */
  readonly digest: Digest;
  /** The type of the statement: a URI, as in-toto defines it. */
  readonly predicateType: string;
  /** Who signed it: what the certificate says, or the fingerprint of the key. */
  readonly signer:
    | { readonly kind: "certificate"; readonly issuer: string; readonly subject: string }
    | { readonly kind: "key"; readonly fingerprint: string };
}

/** A decision. "Not trusted" is data with at least one reason; "could not check" is a thrown error. */
export type Verdict =
  | {
      readonly ok: true;
      /** What it rests on. None for a policy that decides without signatures. */
      readonly evidence?: readonly Evidence[] | undefined;
    }
  | { readonly ok: false; readonly reasons: readonly PolicyReason[] };

/** Decides whether an artifact may be read. It is asked before any byte of its files is handed out. */
export interface Policy {
  /** For messages: what is required, in a few words. */
  readonly name: string;
  /** For messages: what the policy could require and leaves open, such as the branch of a build. */
  readonly notRestricted?: readonly string[] | undefined;
  /** Decides by what it finds at the subject's registry. Throws if it cannot find out, which is not a refusal. */
  evaluate(subject: PolicySubject, options?: CallOptions): Promise<Verdict>;
}
