import type { Manifest } from "./descriptor.js";
import type { CallOptions } from "./registry.js";

/** What is claimed about a manifest: the body of an in-toto statement whose subject the signer fills in. */
export interface StatementClaim {
  /** A URI that says what `predicate` means. */
  readonly predicateType: string;
  /** Anything that JSON can hold. */
  readonly predicate: unknown;
}

/** What refers to a manifest once it is pushed: the single layer of a referrer, and how the referrer describes it. */
export interface Attachment {
  /** Of the referrer, and of its layer. */
  readonly mediaType: string;
  /** What the attachment is, in the form of its type. */
  readonly bytes: Uint8Array;
  /** Of the referrer. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** How a manifest is signed. */
export interface SignOptions extends CallOptions {
  /** Default: the claim that the manifest is signed, and nothing more. */
  readonly claim?: StatementClaim | undefined;
}

/**
 * Signs manifests. It gets the bytes that were pushed, or that were verified against the digest that was asked for,
 * and never resolves a tag. It may talk to certificate authorities and logs, but not to the registry.
 */
export interface Signer {
  /** For messages: who signs, in a few words. */
  readonly name: string;
  /** The attachment for a manifest, not pushed yet. Throws what keeps it from signing. */
  sign(manifest: Manifest, options?: SignOptions): Promise<Attachment>;
}
