import type { BlobId, Copied, PushedBlob } from "@blob/registry";
import { copyArtifact } from "@blob/registry";
import { ClientError } from "../errors.js";
import type { Location } from "../location.js";
import { isTagWritten, parseLocation, writableTag } from "../location.js";
import { readManifest } from "./pull.js";
import { checkedTags, writeTags } from "./tagging.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/** What is copied, and which policies it has to satisfy first. */
export interface CopyVerbOptions extends ReadVerbOptions {
  /** Also copy what refers to the artifact: signatures, attestations, and what refers to these. Default true. */
  readonly referrers?: boolean | undefined;
  /** More tags for the copy; each is written once. */
  readonly tags?: readonly string[] | undefined;
  /** How many blobs are under way at once. Default 4. */
  readonly concurrency?: number | undefined;
  /** Called when the destination has a blob, with what it took. */
  readonly onBlob?: ((blob: BlobId, pushed: PushedBlob) => void) | undefined;
}

/** What was copied, and what was left out. */
export interface CopyResult extends Copied {
  /** The source, as the caller wrote it. */
  readonly source: string;
  /** The destination, as the caller wrote it. */
  readonly destination: string;
  /** The tags of the destination that point to the copy now. */
  readonly tags: readonly string[];
}

/**
 * Copies an artifact, byte by byte the same, between registries and layouts. Policies see the manifest before a blob is
 * read, and exactly that manifest is copied, wherever a tag points meanwhile. The destination names a tag, or repeats
 * the digest.
 *
 * @throws ClientError `PolicyViolation`, `DigestMismatch` for a destination with another digest, `TagsIncomplete` when some
 *   of several tags could not be written.
 */
export async function copy(
  context: VerbContext,
  source: string,
  destination: string,
  options: CopyVerbOptions = {},
): Promise<CopyResult> {
  const { signal, referrers, concurrency, onBlob, onLeftOut } = options;
  const to = parseLocation(destination);
  checkedTags([], options.tags ?? [], destination);
  const { registry: target } = context.registries.open(to);
  const { location, registry, manifest } = await readManifest(context, source, options, { askForTags: true });
  const { descriptor, bytes } = manifest;
  const { repository } = to;
  const tags = checkedTags(destinationTags(to, descriptor.digest), options.tags ?? [], destination);
  const [first, ...more] = tags;
  const tagged = first === undefined ? [] : [first];
  const copied = await copyArtifact(
    { registry, repository: location.repository, reference: descriptor.digest },
    { registry: target, repository, tags: tagged },
    { signal, referrers, concurrency, onBlob, onLeftOut },
  );
  const written = { mediaType: descriptor.mediaType, bytes };
  const tagging = { registry: target, repository, reference: destination, descriptor, tagged, signal };
  await writeTags({ ...tagging, manifest: written }, more);
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
