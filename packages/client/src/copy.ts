import type { BlobId, Copied, PushedBlob } from "@blob/registry";
import { copyArtifact } from "@blob/registry";
import { ClientError } from "./errors.js";
import type { Location } from "./location.js";
import { isTagWritten, parseLocation, writableTag } from "./location.js";
import { readManifest } from "./read-manifest.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

export interface CopyVerbOptions extends ReadVerbOptions {
  /** Also copy what refers to the artifact: signatures, attestations, and what refers to these. Default true. */
  readonly referrers?: boolean | undefined;
  /** More tags for the copy. */
  readonly tags?: readonly string[] | undefined;
  /** How many blobs are under way at once. Default 4. */
  readonly concurrency?: number | undefined;
  /** Called when a blob is there. */
  readonly onBlob?: ((blob: BlobId, pushed: PushedBlob) => void) | undefined;
}

export interface CopyResult extends Copied {
  readonly source: string;
  readonly destination: string;
  /** Those that point to the copy now. */
  readonly tags: readonly string[];
}

/**
 * Copies an artifact, byte by byte the same, between registries and layouts. Policies see the manifest before a blob is
 * read, and exactly that manifest is copied, wherever a tag points meanwhile. The destination names a tag, or repeats
 * the digest.
 *
 * @throws ClientError `PolicyViolation`, `DigestMismatch` for a destination with another digest.
 */
export async function copy(
  context: VerbContext,
  source: string,
  destination: string,
  options: CopyVerbOptions = {},
): Promise<CopyResult> {
  const { signal, referrers, concurrency, onBlob } = options;
  const to = parseLocation(destination);
  const { location, registry, manifest } = await readManifest(context, source, {
    ...options,
    askForTags: true,
  });
  const { digest } = manifest.descriptor;
  const tags = [...destinationTags(to, digest), ...(options.tags ?? [])];
  const copied = await copyArtifact(
    { registry, repository: location.repository, reference: digest },
    { registry: context.registries.open(to).registry, repository: to.repository, tags },
    { signal, referrers, concurrency, onBlob },
  );
  return { ...copied, source, destination, tags };
}

function destinationTags(to: Location, digest: string): readonly string[] {
  if (to.digest === undefined) return [writableTag(to)];
  if (to.digest !== digest) {
    const message = `${to.text}: a copy has the digest of its source, which is ${digest}`;
    throw new ClientError("DigestMismatch", message, { reference: to.text, digest });
  }
  return to.tag !== undefined && isTagWritten({ ...to, text: to.text.slice(0, to.text.lastIndexOf("@")) })
    ? [to.tag]
    : [];
}
