import type { Manifest } from "./descriptor.js";
import type { CallOptions } from "./registry.js";

/** What is claimed about a manifest: the body of an in-toto statement whose subject the signer fills in. */
export interface StatementClaim {
  /** A URI that says what `predicate` means. */
  readonly predicateType: string;
  /** Anything that JSON can hold. */
  readonly predicate: unknown;
}

/**
 * Something to attach to a manifest: the single layer of a referrer, and how the referrer describes it. Not pushed yet.
 */
export interface Attachment {
  /** The type of the layer, which is also the artifact type of the referrer. */
  readonly mediaType: string;
  /** The content of the layer. */
  readonly bytes: Uint8Array;
  /** Annotations of the referrer. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** How a manifest is signed. */
export interface SignOptions extends CallOptions {
  /** What to state about the manifest. Default: only that it is signed. */
  readonly claim?: StatementClaim | undefined;
}

/**
 * Signs manifests. A signer gets verified bytes, and never resolves a tag. It may use certificate authorities and logs,
 * but not the registry.
 */
export interface Signer {
  /** For messages: who signs, in a few words. */
  readonly name: string;
  /** Makes the attachment for a manifest, without pushing it. Throws if it cannot sign. */
  sign(manifest: Manifest, options?: SignOptions): Promise<Attachment>;
}
