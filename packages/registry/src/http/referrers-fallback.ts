import type { Descriptor, Digest } from "../descriptor.js";
import { isRegistryError, RegistryError } from "../errors.js";
import { manifestMediaTypes, parseJsonObject, parseManifestContent } from "../manifest-content.js";
import { referrersTag } from "../referrer.js";
import type { Endpoint } from "./endpoint.js";
import { fetchManifest, putManifest } from "./manifests.js";

/** The index under a subject's fallback tag. */
export interface FallbackIndex {
  readonly manifests: readonly Descriptor[];
  /** As it stands in the registry: fields and entries that are not ours are kept. */
  readonly json: Readonly<Record<string, unknown>>;
  /** For a conditional PUT, where the registry gives one. */
  readonly etag: string | undefined;
}

/** How often to try again when somebody else adds to the same index. */
const maxTries = 6;

/**
 * Reads the index of referrers under the fallback tag. Undefined when there is none yet; `foreign` when the tag leads to
 * something else (GitLab resolves it to the subject itself).
 */
export async function readFallbackIndex(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<FallbackIndex | "foreign" | undefined> {
  try {
    const { manifest, headers } = await fetchManifest(endpoint, repository, referrersTag(subject), {
      signal,
    });
    const { descriptor, bytes } = manifest;
    const content = parseManifestContent(bytes);
    const json = parseJsonObject(bytes);
    const isIndex = descriptor.mediaType === manifestMediaTypes.ociIndex && descriptor.digest !== subject;
    if (!isIndex || content === undefined || json === undefined) return "foreign";
    return { manifests: content.manifests, json, etag: headers["etag"] };
  } catch (error) {
    if (isRegistryError(error) && error.code === "NotFound") return undefined;
    throw error;
  }
}

export type FallbackChange = { readonly add: Descriptor } | { readonly remove: Digest };

/**
 * Changes the fallback index until it reads back as it should: without ETags, two writers at once can undo each other.
 * Those of one client take turns.
 *
 * @returns False when the registry has no usable fallback tag.
 * @throws RegistryError `Conflict`
 */
export async function updateFallbackIndex(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  change: FallbackChange,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return endpoint.turns.take(`${repository}@${subject}`, () =>
    changeUntilSeen(endpoint, repository, subject, change, signal),
  );
}

async function changeUntilSeen(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  change: FallbackChange,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const digest = "add" in change ? change.add.digest : change.remove;
  for (let attempt = 0; attempt < maxTries; attempt += 1) {
    const index = await readFallbackIndex(endpoint, repository, subject, signal);
    if (index === "foreign") return false;
    const isThere = index?.manifests.some((entry) => entry.digest === digest) === true;
    if (isThere === "add" in change) return true;
    const bytes = Buffer.from(JSON.stringify(changedIndex(index, change)));
    const tag = referrersTag(subject);
    const ifMatch = index?.etag;
    try {
      await putManifest(
        endpoint,
        repository,
        { mediaType: manifestMediaTypes.ociIndex, bytes },
        { tag, signal, ifMatch },
      );
    } catch (error) {
      // Somebody was faster: read what they wrote, and add to that.
      if (!isRegistryError(error) || error.code !== "Conflict") throw error;
      await endpoint.retryPolicy.pause(attempt, undefined, signal);
    }
  }
  const message = `${endpoint.host}: too many writers change the referrers of ${repository}@${subject} at once; try again`;
  throw new RegistryError("Conflict", message, {
    host: endpoint.host,
    reference: repository,
    digest: subject,
  });
}

function changedIndex(
  index: FallbackIndex | undefined,
  change: FallbackChange,
): Readonly<Record<string, unknown>> {
  const base = index?.json ?? { schemaVersion: 2, mediaType: manifestMediaTypes.ociIndex };
  const entries: readonly unknown[] = Array.isArray(base["manifests"]) ? base["manifests"] : [];
  if ("add" in change) return { ...base, manifests: [...entries, change.add] };
  return { ...base, manifests: entries.filter((entry) => !hasDigest(entry, change.remove)) };
}

function hasDigest(entry: unknown, digest: Digest): boolean {
  return typeof entry === "object" && entry !== null && Reflect.get(entry, "digest") === digest;
}
