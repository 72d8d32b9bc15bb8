import type { Descriptor, Digest } from "../../descriptor.js";
import type { RegistryErrorCode } from "../../errors.js";
import { isRegistryError, RegistryError } from "../../errors.js";
import { manifestMediaTypes, parseJsonObject } from "../../manifest/manifest-content.js";
import { messageText } from "@blob/core/text";
import { referrersTag } from "../../manifest/referrer.js";
import type { Endpoint } from "../layers/endpoint.js";
import { fetchManifest, putManifest } from "../manifests/manifests.js";
import { PageError } from "../answers/response-error.js";

/** The index under a subject's fallback tag. */
export interface FallbackIndex {
  readonly kind: "index";
  /** Its entries, whatever they are. */
  readonly manifests: readonly unknown[];
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

/** What is under a subject's fallback tag. */
export type Fallback =
  | FallbackIndex
  | { readonly kind: "none" }
  /** Something else: GitLab leads to the subject itself, `cosign copy` puts an image there. `why` says what. */
  | { readonly kind: "foreign"; readonly why: string }
  /** The registry does not let anybody read a manifest by this tag, or is none. */
  | { readonly kind: "unreadable"; readonly error: RegistryError };

/** Reads what is under the fallback tag. Trouble that may pass, and missing permissions, are errors. */
export async function readFallbackIndex(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<Fallback> {
  try {
    const { manifest, headers } = await fetchManifest(endpoint, repository, referrersTag(subject), {
      signal,
    });
    const { descriptor, bytes } = manifest;
    const json = parseJsonObject(bytes);
    const entries: unknown = json?.["manifests"] ?? [];
    if (descriptor.digest === subject) return { kind: "foreign", why: "it leads to the subject itself" };
    if (
      descriptor.mediaType !== manifestMediaTypes.ociIndex ||
      json === undefined ||
      !Array.isArray(entries)
    ) {
      const why = `it leads to ${messageText(descriptor.mediaType)}, not to a list of referrers`;
      return { kind: "foreign", why };
    }
    return { kind: "index", manifests: entries, json, etag: headers["etag"] };
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    if (error.code === "NotFound") return { kind: "none" };
    if (error instanceof PageError || unreadable.has(error.code)) return { kind: "unreadable", error };
    if (junk.has(error.code))
      return { kind: "foreign", why: `what it leads to is no list: ${error.message}` };
    throw error;
  }
}

/** Codes of a registry that has no such tags at all. */
const unreadable: ReadonlySet<RegistryErrorCode> = new Set(["Unsupported", "Rejected"]);

/** Codes of a manifest that nobody can use. */
const junk: ReadonlySet<RegistryErrorCode> = new Set(["InvalidResponse", "DigestMismatch", "SizeExceeded"]);

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
  return endpoint.queues.enter(`${repository}@${subject}`, () =>
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
    if (index.kind === "foreign" || index.kind === "unreadable") return false;
    const isThere = index.kind === "index" && index.manifests.some((entry) => hasDigest(entry, digest));
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
    const ifMatch = index.kind === "index" ? index.etag : undefined;
    await putUnlessChanged(endpoint, repository, subject, changedIndex(index, change), ifMatch, signal);
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
    const tag = referrersTag(subject);
    await putManifest(endpoint, repository, manifest, { tag, signal, ifMatch, readsBack: true });
  } catch (error) {
    if (!isRegistryError(error) || error.code !== "Conflict") throw error;
  }
}

function changedIndex(
  index: FallbackIndex | { readonly kind: "none" },
  change: FallbackChange,
): Readonly<Record<string, unknown>> {
  const isIndex = index.kind === "index";
  const base = isIndex ? index.json : { schemaVersion: 2, mediaType: manifestMediaTypes.ociIndex };
  const entries = isIndex ? index.manifests : [];
  if ("add" in change) return { ...base, manifests: [...entries, change.add] };
  return { ...base, manifests: entries.filter((entry) => !hasDigest(entry, change.remove)) };
}

function hasDigest(entry: unknown, digest: Digest): boolean {
  return typeof entry === "object" && entry !== null && Reflect.get(entry, "digest") === digest;
}
