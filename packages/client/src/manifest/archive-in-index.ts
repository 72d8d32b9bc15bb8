import { archiveArtifactType } from "@blob/format";
import type { LeftOut, Manifest, Registry } from "@blob/registry";
import { isRegistryError } from "@blob/registry";
import { ClientError } from "../errors.js";
import type { IndexedManifest } from "./image-index.js";
import { describeIndexed, isImageManifest, parseImageIndex } from "./image-index.js";
import { parseJsonObject } from "./json-object.js";
import { together } from "@blob/core/concurrency";

/** Where a manifest was found. */
export interface FoundIn {
  readonly registry: Registry;
  readonly repository: string;
  /** As the caller wrote it, for messages. */
  readonly reference: string;
  readonly signal: AbortSignal | undefined;
  readonly onLeftOut: ((what: LeftOut) => void) | undefined;
}

/** Images for every platform with what is attached to each; whoever has more says by a digest what is to be read. */
const maxUndescribed = 32;

/** So many manifests are in memory at once. */
const width = 4;

/** No message is longer because of a longer list. */
const maxListed = 20;

/**
 * The manifest of the only archive in an image index; any other manifest as it is. Most indexes say what is in them, and
 * then it costs one request more; what they do not describe is looked at. Only one level deep: an index in an index is not
 * looked into.
 *
 * **A signature of the index is none of the archive**: policies are asked about what is returned, and about nothing else.
 *
 * @throws ClientError `InvalidManifest` when no archive is in the index, or too much to look for one;
 *   `AmbiguousReference` when there are several. Both say what is in it.
 */
export async function archiveIn(manifest: Manifest, place: FoundIn): Promise<Manifest> {
  const { reference } = place;
  const indexed = parseImageIndex(manifest, reference, place.onLeftOut);
  if (indexed === undefined) return manifest;
  const archives = await archivesAmong(indexed, place);
  const [only, second] = archives;
  const { digest } = manifest.descriptor;
  if (only === undefined) {
    const message = `${reference} is an image index (${digest}), and no blob archive is in it: ${listed(indexed)}`;
    throw new ClientError("InvalidManifest", message, { reference, digest });
  }
  if (second !== undefined) {
    const message = `${reference} is an image index (${digest}) with ${String(archives.length)} blob archives in it: ${listed(archives)}`;
    const candidates = archives.map((one) => one.digest);
    throw new ClientError("AmbiguousReference", message, { reference, digest, candidates });
  }
  return place.registry.manifest(place.repository, only.digest, { signal: place.signal });
}

async function archivesAmong(
  indexed: readonly IndexedManifest[],
  place: FoundIn,
): Promise<readonly IndexedManifest[]> {
  const images = indexed.filter(isImageManifest);
  const undescribed = images.filter(({ artifactType }) => artifactType === undefined);
  if (undescribed.length > maxUndescribed) {
    const { reference } = place;
    const message = `${reference} is an image index with ${String(undescribed.length)} manifests that it does not describe: name the archive by its digest`;
    throw new ClientError("InvalidManifest", message, { reference });
  }
  const found = new Set<IndexedManifest>();
  for (let at = 0; at < undescribed.length; at += width) {
    const some = undescribed.slice(at, at + width);
    const are = await together(place.signal, (signal) => some.map((one) => isArchive(one, place, signal)));
    for (const [i, one] of some.entries()) if (are[i] === true) found.add(one);
  }
  return images.filter((one) => one.artifactType === archiveArtifactType || found.has(one));
}

/** Of one of which there is only its digest. */
const unreadable: readonly string[] = ["NotFound", "DigestMismatch", "SizeExceeded", "InvalidResponse"];

async function isArchive(
  { digest }: IndexedManifest,
  { registry, repository, onLeftOut }: FoundIn,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { bytes } = await registry.manifest(repository, digest, { signal });
    return parseJsonObject(bytes)?.["artifactType"] === archiveArtifactType;
  } catch (error) {
    // A copy of some platforms still has the index of all.
    if (!isRegistryError(error) || !unreadable.includes(error.code)) throw error;
    onLeftOut?.({ kind: "descriptor", name: digest, why: error.message });
    return false;
  }
}

function listed(indexed: readonly IndexedManifest[]): string {
  if (indexed.length === 0) return "it is empty";
  const some = indexed.slice(0, maxListed).map(describeIndexed);
  const more = indexed.length - some.length;
  return [...some, ...(more > 0 ? [`and ${String(more)} more`] : [])].join(", ");
}
