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

/** How often to write again when somebody else adds to the same index: enough for a dozen writers at once. */
const maxWrites = 12;

/**
 * Few registries look at If-Match. Where they do not, somebody who read the index before we wrote it may write it after
 * we saw our entry in it. So we look once more when whoever read as fast as we do must have written: after so many times
 * what our own reading and writing took, and within these limits, in milliseconds.
 */
const settle = { times: 4, atLeast: 100, atMost: 2000 };

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
 * Changes the fallback index until it reads back as it should, and goes on doing so a moment later: without ETags, two
 * writers at once can undo each other. Those of one client take turns.
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
  const { retryPolicy } = endpoint;
  let writes = 0;
  let isSettled = true;
  let hasPaused = true;
  let started = performance.now();
  for (;;) {
    const index = await readFallbackIndex(endpoint, repository, subject, signal);
    if (index === "foreign") return false;
    const isThere = index?.manifests.some((entry) => entry.digest === digest) === true;
    if (isThere === "add" in change) {
      if (isSettled) return true;
      const enough = settle.times * (performance.now() - started);
      await retryPolicy.wait(Math.min(settle.atMost, Math.max(settle.atLeast, enough)), signal);
      isSettled = true;
      continue;
    }
    if (writes === maxWrites) break;
    if (!hasPaused) {
      // Those who got into each other's way must not go on in step; and nobody writes what was read before a pause.
      await retryPolicy.wait(retryPolicy.delay(Math.min(writes - 1, 2), undefined) ?? 0, signal);
      hasPaused = true;
      continue;
    }
    writes += 1;
    isSettled = false;
    hasPaused = false;
    started = performance.now();
    await putUnlessChanged(endpoint, repository, subject, changedIndex(index, change), index?.etag, signal);
  }
  const message = `${endpoint.host}: too many writers change the referrers of ${repository}@${subject} at once; try again`;
  throw new RegistryError("Conflict", message, {
    host: endpoint.host,
    reference: repository,
    digest: subject,
  });
}

/** Writes the index; not where somebody was faster and the registry noticed: then what they wrote is read next. */
async function putUnlessChanged(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  index: Readonly<Record<string, unknown>>,
  ifMatch: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const manifest = { mediaType: manifestMediaTypes.ociIndex, bytes: Buffer.from(JSON.stringify(index)) };
  try {
    await putManifest(endpoint, repository, manifest, { tag: referrersTag(subject), signal, ifMatch });
  } catch (error) {
    if (!isRegistryError(error) || error.code !== "Conflict") throw error;
  }
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
