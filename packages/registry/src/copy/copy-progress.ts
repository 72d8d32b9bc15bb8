import type { Digest } from "../descriptor.js";
import type { LeftOut } from "../left-out.js";

/** How far a copy came that failed. */
export interface CopyProgress {
  /** The manifests that the destination has, children before their index. */
  readonly manifests: readonly Digest[];
  /** Whether the artifact itself is one of them. Then whatever it needs is there, too. */
  readonly isArtifactCopied: boolean;
  /** Tags that point to the copy. */
  readonly tags: readonly string[];
  /** Tags that were asked for and do not, yet. */
  readonly missingTags: readonly string[];
  /** What was passed over before the failure: see `Copied`. */
  readonly notCopied: readonly LeftOut[];
}
