import { readBounded } from "../bounded-body.js";
import type { Descriptor, Digest } from "../descriptor.js";
import type { RegistryErrorCode } from "../errors.js";
import { isRegistryError, RegistryError } from "../errors.js";
import {
  emptyMediaType,
  manifestMediaTypes,
  parseJsonObject,
  parseManifestContent,
} from "../manifest-content.js";
import { isOfType, referrersTag, referrerTo } from "../referrer.js";
import type { CallOptions, NewManifest, ReferrersOptions } from "../registry.js";
import type { Endpoint } from "./endpoint.js";
import type { HttpResponse } from "./handler.js";
import { getManifest } from "./manifests.js";
import { nextPage } from "./pages.js";
import { descriptorsIn } from "./referrer-list.js";
import { readFallbackIndex, updateFallbackIndex } from "./referrers-fallback.js";
import { errorFromResponse, PageError } from "./response-error.js";

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
    const pages = readReferrerPages(endpoint, repository, subject, filter, options);
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
  yield* listFallback(endpoint, repository, subject, isSupported, options);
}

async function* listFallback(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  hasApi: boolean,
  options: ReferrersOptions,
): AsyncGenerator<Descriptor, void, undefined> {
  const { artifactType, onLeftOut } = options;
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
  if (fallback.manifests.length > maxReferrers) throw tooMany(endpoint, repository, subject);
  for (const { digest } of descriptorsIn(fallback.manifests, onLeftOut)) {
    const referrer = await readReferrer(endpoint, repository, subject, digest, options);
    if (referrer !== undefined && isOfType(referrer, artifactType)) yield referrer;
  }
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

function tooMany({ host }: Endpoint, repository: string, subject: Digest): RegistryError {
  const message = `${host}: cannot list what refers to ${repository}@${subject}: there is more than ${maxReferrers}`;
  return new RegistryError("SizeExceeded", message, { host, reference: repository, digest: subject });
}

async function* readReferrerPages(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  filter: string | undefined,
  { signal, onLeftOut }: ReferrersOptions,
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
    if (seen > maxReferrers) throw tooMany(endpoint, repository, subject);
    yield descriptorsIn(manifests, onLeftOut);
    url = nextPage(endpoint, response, { action, repository });
  }
}

/** The entries of an image index; undefined when it is something else. */
function parseIndex(bytes: Uint8Array): readonly unknown[] | undefined {
  const json = parseJsonObject(bytes);
  const mediaType = json?.["mediaType"];
  const manifests: unknown = json?.["manifests"];
  if (mediaType !== undefined && mediaType !== manifestMediaTypes.ociIndex) return undefined;
  return Array.isArray(manifests) ? manifests : undefined;
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
  return readReferrer(endpoint, repository, subject, descriptor.digest, options);
}

/** What is wrong with a manifest by itself, as opposed to the registry or the network at this moment. */
const broken: ReadonlySet<RegistryErrorCode> = new Set([
  "NotFound",
  "DigestMismatch",
  "InvalidResponse",
  "SizeExceeded",
]);

/** What a manifest says about itself; undefined, and told, when it is gone or broken, or refers to something else. */
async function readReferrer(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  digest: Digest,
  { signal, onManifest, onLeftOut }: ReferrersOptions,
): Promise<Descriptor | undefined> {
  const leaveOut = (why: string): undefined => {
    onLeftOut?.({ kind: "referrer", name: digest, why });
  };
  try {
    const manifest = await getManifest(endpoint, repository, digest, { signal });
    onManifest?.(manifest);
    const { descriptor, bytes } = manifest;
    return (
      referrerTo(subject, { ...descriptor, bytes }) ?? leaveOut("its manifest does not name the subject")
    );
  } catch (error) {
    // A page in the place of a registry has no say about what there is.
    if (!isRegistryError(error) || error instanceof PageError) throw error;
    if (broken.has(error.code)) return leaveOut(error.message);
    throw error;
  }
}
