import type { Descriptor, NewManifest, Registry } from "@blob/registry";
import { isRegistryError, isTag } from "@blob/registry";
import { ClientError } from "../errors.js";

/**
 * The tags that a verb is to write, checked and each once, before it does anything else.
 *
 * @throws ClientError `InvalidArgument`
 */
export function checkedTags(
  first: readonly string[],
  more: readonly string[],
  reference: string,
): readonly string[] {
  for (const tag of more) {
    if (isTag(tag)) continue;
    const message = `${reference}: ${JSON.stringify(tag)} is not a tag; one has up to 128 letters, digits, ".", "_" and "-", and starts with a letter, a digit or "_"`;
    throw new ClientError("InvalidArgument", message, { reference });
  }
  return [...new Set([...first, ...more])];
}

interface Tagging {
  readonly registry: Registry;
  readonly repository: string;
  /** The destination as the caller wrote it, for messages. */
  readonly reference: string;
  readonly manifest: NewManifest;
  /** The descriptor of the manifest, which has been pushed. */
  readonly descriptor: Descriptor;
  /** Tags that point to the manifest already. */
  readonly tagged: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/**
 * Points further tags at a manifest that has been pushed.
 *
 * @throws ClientError `TagsIncomplete` at the first failure; it says which tags were written.
 */
export async function writeTags(tagging: Tagging, tags: readonly string[]): Promise<void> {
  const { registry, repository, manifest, descriptor, signal } = tagging;
  const tagged = [...tagging.tagged];
  const { digest } = descriptor;
  for (const [at, tag] of tags.entries()) {
    try {
      await registry.pushManifest(repository, manifest, { tag, digest, signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (!(await isTagged(tagging, tag, error))) throw incomplete(tagging, tagged, tags.slice(at), error);
    }
    tagged.push(tag);
  }
}

const unknownOutcomes: readonly string[] = ["Network", "TimedOut", "Unavailable", "InvalidResponse"];

/** Asks the registry whether a tag was written although the request for it failed: its answer may have been lost. */
async function isTagged(
  { registry, repository, descriptor, signal }: Tagging,
  tag: string,
  error: unknown,
): Promise<boolean> {
  if (!isRegistryError(error) || !unknownOutcomes.includes(error.code)) return false;
  try {
    const { digest } = await registry.resolve(repository, tag, { signal });
    return digest === descriptor.digest;
  } catch {
    signal?.throwIfAborted();
    return false;
  }
}

function incomplete(
  { reference, descriptor: { digest } }: Tagging,
  tagged: readonly string[],
  notTagged: readonly string[],
  cause: unknown,
): ClientError {
  const there =
    tagged.length === 0
      ? "no tag points to it"
      : `${tagged.join(", ")} ${tagged.length === 1 ? "points" : "point"} to it`;
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `${reference}: the manifest ${digest} was pushed and ${there}, but not all tags could be written (missing: ${notTagged.join(", ")}): ${why}`;
  return new ClientError("TagsIncomplete", message, { reference, digest, tagged, notTagged, cause });
}
