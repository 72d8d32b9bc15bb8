import { readBounded } from "../bounded-body.js";
import type { Descriptor, Digest } from "../descriptor.js";
import { isRegistryError, RegistryError } from "../errors.js";
import {
  emptyMediaType,
  manifestMediaTypes,
  parseDescriptor,
  parseJsonObject,
  parseManifestContent,
} from "../manifest-content.js";
import { isOfType, referrerTo } from "../referrer.js";
import type { CallOptions, NewManifest, ReferrersOptions } from "../registry.js";
import type { Endpoint } from "./endpoint.js";
import type { HttpResponse } from "./handler.js";
import { getManifest } from "./manifests.js";
import { nextPage } from "./pages.js";
import { readFallbackIndex, updateFallbackIndex } from "./referrers-fallback.js";
import { errorFromResponse } from "./response-error.js";

/** More than this on one page is no list of signatures. */
const maxPageBytes = 4 * 1024 * 1024;

/** A subject with more referrers is being flooded. */
const maxReferrers = 10_000;

/**
 * The referrers of a subject: by the API; where there is none, or it knows of none, by the fallback tag. Types are
 * believed where they are definite; otherwise the manifest itself is asked.
 */
export async function* listReferrers(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  options: ReferrersOptions,
): AsyncGenerator<Descriptor, void, undefined> {
  const { artifactType } = options;
  let found = 0;
  let isSupported = true;
  // Harbor filters by types that are not those of the artifacts: when a filtered list is empty, the whole one is read.
  for (const filter of artifactType === undefined ? [undefined] : [artifactType, undefined]) {
    const pages = readReferrerPages(endpoint, repository, subject, filter, options.signal);
    for await (const page of pages) {
      if (page === "unsupported") {
        isSupported = false;
        break;
      }
      for (const descriptor of page) {
        const referrer = await settleType(endpoint, repository, subject, descriptor, options);
        if (referrer === undefined || !isOfType(referrer, artifactType)) continue;
        found += 1;
        yield referrer;
      }
    }
    if (!isSupported || found > 0) break;
  }
  if (found > 0) return;
  const fallback = await readFallbackIndex(endpoint, repository, subject, options.signal);
  // Where the API is, anything else under that name is somebody's tag.
  if (fallback === "foreign" && !isSupported) throw unsupported(endpoint, repository, subject);
  if (fallback === undefined || fallback === "foreign") return;
  for (const { digest } of fallback.manifests.slice(0, maxReferrers)) {
    const referrer = await readReferrer(endpoint, repository, subject, digest, options);
    if (referrer !== undefined && isOfType(referrer, artifactType)) yield referrer;
  }
}

/** Makes a manifest that was just pushed findable from its subject, if it has one. @throws RegistryError `ReferrersUnsupported` */
export async function attachByTag(
  endpoint: Endpoint,
  repository: string,
  manifest: NewManifest,
  { digest }: Descriptor,
  { signal }: CallOptions,
): Promise<void> {
  const subject = parseManifestContent(manifest.bytes)?.subject?.digest;
  if (subject === undefined) return;
  const add = referrerTo(subject, { ...manifest, digest });
  if (add === undefined) return;
  const isAttached = await updateFallbackIndex(endpoint, repository, subject, { add }, signal);
  if (!isAttached) throw unsupported(endpoint, repository, subject);
}

/** @throws RegistryError `ReferrersUnsupported`, with the same words for reading and writing. */
function unsupported({ host }: Endpoint, repository: string, subject: Digest): RegistryError {
  const message = `${host}: cannot attach anything to ${repository}@${subject}: the registry has no referrers API and no usable fallback tag; use another registry for signed archives`;
  return new RegistryError("ReferrersUnsupported", message, { host, reference: repository, digest: subject });
}

async function* readReferrerPages(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  filter: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Descriptor[] | "unsupported", void, undefined> {
  const { host } = endpoint;
  const action = `list what refers to ${repository}@${subject}`;
  const query = filter === undefined ? "" : `?${new URLSearchParams({ artifactType: filter }).toString()}`;
  let seen = 0;
  for (
    let url: URL | undefined = endpoint.url(repository, `referrers/${subject}${query}`);
    url !== undefined;
  ) {
    const response: HttpResponse = await endpoint.send({
      method: "GET",
      url,
      headers: { accept: manifestMediaTypes.ociIndex, "accept-encoding": "identity" },
      auth: endpoint.auth(repository, "pull"),
      signal,
    });
    if ([400, 404, 405, 501].includes(response.status)) {
      response.cancel();
      yield "unsupported";
      return;
    }
    if (response.status !== 200)
      throw await errorFromResponse(response, { host, action, reference: repository });
    const manifests = parseIndex(
      await readBounded(response.body, maxPageBytes, "the list of referrers", { host }),
    );
    // GAR once answered with the HTML of a login page.
    if (manifests === undefined) {
      yield "unsupported";
      return;
    }
    seen += Math.max(1, manifests.length);
    if (seen > maxReferrers) {
      throw new RegistryError("SizeExceeded", `${host}: cannot ${action}: there are too many`, { host });
    }
    yield manifests;
    url = nextPage(endpoint, response, { action, repository });
  }
}

/** The descriptors of an image index; undefined when it is something else. */
function parseIndex(bytes: Uint8Array): readonly Descriptor[] | undefined {
  const json = parseJsonObject(bytes);
  const mediaType = json?.["mediaType"];
  const manifests: unknown = json?.["manifests"];
  if (mediaType !== undefined && mediaType !== manifestMediaTypes.ociIndex) return undefined;
  if (!Array.isArray(manifests)) return undefined;
  return manifests.flatMap((one: unknown) => parseDescriptor(one) ?? []);
}

/** Types that say nothing about an artifact: what Harbor and others put where they should have looked further. */
const indefinite: ReadonlySet<string | undefined> = new Set([
  undefined,
  "",
  emptyMediaType,
  "application/vnd.oci.image.config.v1+json",
]);

async function settleType(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  descriptor: Descriptor,
  options: ReferrersOptions,
): Promise<Descriptor | undefined> {
  if (!indefinite.has(descriptor.artifactType)) return descriptor;
  return (await readReferrer(endpoint, repository, subject, descriptor.digest, options)) ?? descriptor;
}

/** What a manifest says about itself; undefined when it is gone, or refers to something else. */
async function readReferrer(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  digest: Digest,
  { signal, onManifest }: ReferrersOptions,
): Promise<Descriptor | undefined> {
  try {
    const manifest = await getManifest(endpoint, repository, digest, { signal });
    onManifest?.(manifest);
    const { descriptor, bytes } = manifest;
    return referrerTo(subject, { ...descriptor, bytes });
  } catch (error) {
    if (isRegistryError(error) && error.code === "NotFound") return undefined;
    throw error;
  }
}
