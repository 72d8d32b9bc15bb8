import type { Digest } from "./descriptor.js";
import { isRegistryError, RegistryError } from "./errors.js";
import type { LeftOut } from "./left-out.js";

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

/** The same failure, which also says what was copied and what was not. Aborts, and errors of others, stay as they are. */
export function withProgress(error: unknown, progress: CopyProgress): unknown {
  if (!isRegistryError(error)) return error;
  const { manifests, isArtifactCopied, tags, missingTags } = progress;
  const parts = [
    `${manifests.length} manifests were copied, ${isArtifactCopied ? "with" : "without"} the artifact itself`,
    tags.length > 0 ? `these tags point to it: ${tags.join(", ")}` : undefined,
    missingTags.length > 0 ? `these do not: ${missingTags.join(", ")}` : undefined,
  ].filter((part) => part !== undefined);
  const { code, host, reference, digest, status, retryAfterMs, credentialsSent } = error;
  return new RegistryError(code, `${error.message} (${parts.join("; ")})`, {
    host,
    reference,
    digest,
    status,
    retryAfterMs,
    credentialsSent,
    cause: error,
    copied: progress,
  });
}
