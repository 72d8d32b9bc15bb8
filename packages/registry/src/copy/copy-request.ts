import type { BlobId } from "../descriptor.js";
import type { CallOptions, PushedBlob, Registry } from "../registry.js";

/** What is copied. */
export interface CopySource {
  /** Where it is read. */
  readonly registry: Registry;
  /** In which repository of it; `""` for a layout itself. */
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
}

/** Where a copy goes. */
export interface CopyTarget {
  /** Where it is written; may be the source. */
  readonly registry: Registry;
  /** In which repository of it; a layout or registry makes it when it is not there. */
  readonly repository: string;
  /** Tags for the copy. Without any, it can only be found by its digest. */
  readonly tags?: readonly string[] | undefined;
}

/** What is copied along, and how. */
export interface CopyOptions extends CallOptions {
  /** Also copy what refers to the artifact, such as signatures, and what refers to that. Default true. */
  readonly referrers?: boolean | undefined;
  /** How many blobs are under way at once. Default 4. */
  readonly concurrency?: number | undefined;
  /** Called when a blob is there. */
  readonly onBlob?: ((blob: BlobId, pushed: PushedBlob) => void) | undefined;
}
