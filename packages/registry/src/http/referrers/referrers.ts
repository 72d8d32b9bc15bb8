import type { Descriptor, Digest } from "../../descriptor.js";
import { RegistryError } from "../../errors.js";
import { emptyMediaType, parseManifestContent } from "../../manifest/manifest-content.js";
import { isOfType, referrersTag, referrerTo } from "../../manifest/referrer.js";
import type { CallOptions, NewManifest, ReferrersOptions } from "../../registry.js";
import type { Endpoint } from "../layers/endpoint.js";
import { readListed } from "./listed-referrers.js";
import { descriptorsIn } from "./referrer-list.js";
import { maxReferrers, readReferrerPages, tooMany } from "./referrer-pages.js";
import { readFallbackIndex, updateFallbackIndex } from "./referrers-fallback.js";

/**
 * The referrers of a subject: by the API; where there is none, or it knows of none, by the fallback tag. Types are
 * believed where they are definite; otherwise the manifest itself is asked. Whoever wants a type gets those first whose
 * type is said to be it, so that no number of others has to be read; and with `exhaustive` each place is looked through,
 * so that what is in one does not hide what is in another.
 */
export async function* listReferrers(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  options: ReferrersOptions,
): AsyncGenerator<Descriptor, void, undefined> {
  const { artifactType, exhaustive = false } = options;
  const given = new Set<Digest>();
  const isDone = (): boolean => given.size > 0 && !(exhaustive && artifactType !== undefined);
  const onlyNew = async function* onlyNew(
    all: AsyncIterable<Descriptor>,
  ): AsyncGenerator<Descriptor, void, undefined> {
    for await (const one of all) {
      if (given.has(one.digest) || !isOfType(one, options)) continue;
      given.add(one.digest);
      yield one;
    }
  };
  const api: ApiState = { isSupported: true, isWhole: false };
  // Harbor filters by types that are not those of the artifacts: when a filtered list is empty, the whole one is read.
  const filters = artifactType === undefined || exhaustive ? [undefined] : [artifactType, undefined];
  for (const filter of filters) {
    yield* onlyNew(listByApi(endpoint, repository, subject, filter, options, api, isDone));
    if (isDone()) return;
    if (!api.isSupported || api.isWhole) break;
  }
  yield* onlyNew(listFallback(endpoint, repository, subject, api.isSupported, options, isDone));
}

/** What is known of the API after a list was read. */
interface ApiState {
  isSupported: boolean;
  /** Whether what was read is evidently the list of all. */
  isWhole: boolean;
}

/** Types that say nothing about an artifact: what Harbor and others put where they should have looked further. */
const indefinite: ReadonlySet<string | undefined> = new Set([
  undefined,
  "",
  emptyMediaType,
  "application/vnd.oci.image.config.v1+json",
]);

function isDefinite({ artifactType }: Descriptor): boolean {
  return !indefinite.has(artifactType);
}

async function* listByApi(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  filter: string | undefined,
  options: ReferrersOptions,
  state: ApiState,
  isDone: () => boolean,
): AsyncGenerator<Descriptor, void, undefined> {
  const isForAll = options.artifactType === undefined;
  const later: Descriptor[] = [];
  let isFiltered = filter !== undefined;
  for await (const page of readReferrerPages(endpoint, repository, subject, filter, options)) {
    if (page === "unsupported") {
      state.isSupported = false;
      break;
    }
    const { descriptors } = page;
    // Who does not say that it filters, and gives something, gave all.
    if (!page.isFiltered && descriptors.length > 0) isFiltered = false;
    if (isForAll) yield* readListed(endpoint, repository, subject, descriptors, options, isDefinite);
    else {
      yield* descriptors.filter(isDefinite);
      later.push(...descriptors.filter((one) => !isDefinite(one)));
    }
  }
  state.isWhole = !isFiltered;
  if (!isForAll && isDone()) return;
  yield* readListed(endpoint, repository, subject, later, options);
}

async function* listFallback(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  hasApi: boolean,
  options: ReferrersOptions,
  isDone: () => boolean,
): AsyncGenerator<Descriptor, void, undefined> {
  const { onLeftOut } = options;
  const fallback = await readFallbackIndex(endpoint, repository, subject, options.signal);
  if (fallback.kind !== "index") {
    // Where the API is, anything else under that name is somebody's tag.
    if (hasApi) return;
    if (fallback.kind === "unreadable") throw unsupported(endpoint, repository, subject, fallback.error);
    if (fallback.kind === "foreign") {
      onLeftOut?.({ kind: "tag", name: referrersTag(subject), why: fallback.why });
    }
    return;
  }
  if (fallback.manifests.length > maxReferrers) {
    throw tooMany(endpoint, repository, subject, String(maxReferrers));
  }
  const listed = descriptorsIn(fallback.manifests, onLeftOut);
  // What such a list says of types is only good for an order.
  const likely = listed.filter((one) => isOfType(one, options));
  yield* readListed(endpoint, repository, subject, likely, options);
  if (isDone()) return;
  const others = listed.filter((one) => !isOfType(one, options));
  yield* readListed(endpoint, repository, subject, others, options);
}

/**
 * Makes a manifest that was just pushed findable from its subject, if it has one. A registry with the referrers API says that
 * it is so; all others need to be told by the fallback tag.
 *
 * @param told The subject that the registry told of (`OCI-Subject`).
 * @throws RegistryError `ReferrersUnsupported`
 */
export async function attachByTag(
  endpoint: Endpoint,
  repository: string,
  manifest: NewManifest,
  { digest }: Descriptor,
  told: string | undefined,
  { signal }: CallOptions,
): Promise<void> {
  const subject = parseManifestContent(manifest.bytes)?.subject?.digest;
  if (subject === undefined || told?.trim() === subject) return;
  const add = referrerTo(subject, { ...manifest, digest });
  if (add === undefined) return;
  const isAttached = await updateFallbackIndex(endpoint, repository, subject, { add }, signal);
  if (!isAttached) throw unsupported(endpoint, repository, subject);
}

/** With the same words for reading and writing. */
function unsupported(
  { host }: Endpoint,
  repository: string,
  subject: Digest,
  cause?: RegistryError,
): RegistryError {
  const message = `${host}: nothing can be attached to ${repository}@${subject}: the registry has no referrers API and no usable fallback tag; use another registry for signed archives`;
  const details = { host, reference: repository, digest: subject, cause };
  return new RegistryError("ReferrersUnsupported", message, details);
}
