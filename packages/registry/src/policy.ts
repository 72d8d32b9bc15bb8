import type { Digest, Manifest } from "./descriptor.js";
import type { CallOptions, Registry } from "./registry.js";

/** What a policy decides about. The manifest's bytes have been hashed: a policy never fetches them again. */
export interface PolicySubject {
  /** Where its referrers are, such as signatures. */
  readonly registry: Registry;
  /** The repository that it was read from. */
  readonly repository: string;
  /** What may be read, or not. */
  readonly manifest: Manifest;
}

/** Why a policy did not accept a subject. */
export interface PolicyReason {
  /** The policy's name; inside `all` and `any`, that of the policy that said no. */
  readonly policy: string;
  /** One sentence for a person. */
  readonly message: string;
}

/** A statement about the subject that a policy verified, and accepted. */
export interface Evidence {
  /** The policy that accepted it. */
  readonly policy: string;
  /** Of the referrer that carried it. */
  readonly digest: Digest;
  /** What it states: a URI, as in-toto has it. */
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
  /** For messages: what it would accept whatever it was, although it could be required, such as the branch of a build. */
  readonly notRestricted?: readonly string[] | undefined;
  /** Whether the subject is accepted, by what is found at its registry. Throws what keeps it from finding out. */
  evaluate(subject: PolicySubject, options?: CallOptions): Promise<Verdict>;
}
