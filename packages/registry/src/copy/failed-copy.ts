import type { CopyProgress } from "./copy-progress.js";
import { isRegistryError, RegistryError } from "../errors.js";

/** The same failure, which also says what was copied and what was not. Aborts, and errors of others, stay as they are. */
export function withProgress(error: unknown, progress: CopyProgress): unknown {
  if (!isRegistryError(error)) return error;
  const { manifests, isArtifactCopied, tags, missingTags } = progress;
  const parts = [
    `${manifests.length} manifests were copied, ${isArtifactCopied ? "with" : "without"} the artifact itself`,
    tags.length > 0 ? `these tags point to it: ${tags.join(", ")}` : undefined,
    missingTags.length > 0 ? `these do not: ${missingTags.join(", ")}` : undefined,
  ].filter((part) => part !== undefined);
  const { code, host, reference, what, digest, status, retryAfterMs, credentialsSent } = error;
  return new RegistryError(code, `${error.message} (${parts.join("; ")})`, {
    host,
    // It begins with the registry already, also when somebody else refused.
    registry: reference?.split("/", 1)[0],
    reference,
    what,
    digest,
    status,
    retryAfterMs,
    credentialsSent,
    cause: error,
    copied: progress,
  });
}
