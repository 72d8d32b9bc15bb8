import { readBounded } from "../bounded-body.js";
import type { Descriptor, Digest, Manifest } from "../descriptor.js";
import { digestLike, isDigest, sha256Digest } from "../digest.js";
import { RegistryError } from "../errors.js";
import { manifestMediaTypes, parseManifestContent } from "../manifest-content.js";
import { defaultMaxManifestBytes, digestOfManifest, mediaTypeOf } from "../manifest-rules.js";
import { checkRepository, checkTag, nameOf, parseTagOrDigest } from "../reference.js";
import type { CallOptions, ManifestOptions, NewManifest, PushManifestOptions } from "../registry.js";
import type { Endpoint } from "./endpoint.js";
import type { HttpHeaders, HttpRequest, HttpResponse } from "./handler.js";
import { discard } from "./handler.js";
import { isTransient } from "./network-error.js";
import { errorFromResponse } from "./response-error.js";

/** Registries convert or hide manifests whose type is not asked for. */
const accept = Object.values(manifestMediaTypes).join(", ");

/** One GET, without a HEAD before it: the digest is computed from the bytes. */
export async function getManifest(
  endpoint: Endpoint,
  repository: string,
  reference: string,
  options: ManifestOptions,
): Promise<Manifest> {
  return (await fetchManifest(endpoint, repository, reference, options)).manifest;
}

/** The same, with the headers of the answer. */
export async function fetchManifest(
  endpoint: Endpoint,
  repository: string,
  reference: string,
  { maxBytes = defaultMaxManifestBytes, signal }: ManifestOptions,
): Promise<{ readonly manifest: Manifest; readonly headers: HttpHeaders }> {
  const request = manifestRequest(endpoint, "GET", repository, reference, signal);
  const name = nameOf(repository, reference);
  for (let attempt = 0; ; attempt += 1) {
    const response = await endpoint.send(request);
    if (response.status !== 200) throw await manifestError(response, endpoint, name);
    const length = Number(response.headers["content-length"] ?? 0);
    if (length > maxBytes) {
      response.cancel();
      const message = `the manifest ${name} has ${length} bytes, more than the limit of ${maxBytes}`;
      throw new RegistryError("SizeExceeded", message, { host: endpoint.host, reference: name });
    }
    try {
      const what = `the manifest ${name}`;
      const bytes = await readBounded(response.body, maxBytes, what, {
        host: endpoint.host,
        reference: name,
      });
      const manifest = verifyManifest(endpoint.host, repository, reference, response, bytes);
      return { manifest, headers: response.headers };
    } catch (error) {
      if (!isTransient(error) || !(await endpoint.retryPolicy.pause(attempt, undefined, signal))) throw error;
    }
  }
}

/** A HEAD; a GET where the answer to it does not have what a descriptor needs (ECR sends no digest). */
export async function resolveManifest(
  endpoint: Endpoint,
  repository: string,
  reference: string,
  { signal }: CallOptions,
): Promise<Descriptor> {
  const response = await endpoint.send(manifestRequest(endpoint, "HEAD", repository, reference, signal));
  await discard(response);
  const { status, headers } = response;
  const isWithoutHead = status === 405 || status === 501;
  if (status !== 200 && !isWithoutHead) {
    throw await manifestError(response, endpoint, nameOf(repository, reference));
  }
  const digest = isDigest(reference) ? reference : headers["docker-content-digest"];
  const size = Number(headers["content-length"] ?? "none");
  const mediaType = contentTypeOf(headers["content-type"]);
  const isComplete = digest !== undefined && isDigest(digest) && Number.isSafeInteger(size) && size > 0;
  if (status === 200 && isComplete && mediaType !== undefined) return { mediaType, digest, size };
  return (await getManifest(endpoint, repository, reference, { signal })).descriptor;
}

export interface PutManifestOptions extends PushManifestOptions {
  /** Only if the tag's manifest still has this ETag, where the registry looks at it. */
  readonly ifMatch?: string | undefined;
}

/** PUT by tag, or by digest. The bytes go out as they are. */
export async function putManifest(
  endpoint: Endpoint,
  repository: string,
  { mediaType, bytes }: NewManifest,
  { tag, digest: promised, signal, ifMatch }: PutManifestOptions,
): Promise<{ readonly descriptor: Descriptor; readonly headers: HttpHeaders }> {
  checkRepository(repository);
  if (tag !== undefined) checkTag(tag);
  const digest = digestOfManifest(endpoint.host, bytes, promised);
  const reference = tag ?? digest;
  const name = nameOf(repository, reference);
  if (tag !== undefined && !digest.startsWith("sha256:")) {
    const message = `${endpoint.host}: the manifest ${name} cannot be pushed by a tag and have the digest ${digest}: registries choose sha256`;
    throw new RegistryError("Unsupported", message, { host: endpoint.host, reference: name, digest });
  }
  const response = await endpoint.send({
    method: "PUT",
    url: endpoint.url(repository, `manifests/${reference}`),
    headers: { "content-type": mediaType, ...(ifMatch === undefined ? {} : { "if-match": ifMatch }) },
    body: {
      size: bytes.length,
      async *open() {
        yield bytes;
      },
    },
    auth: endpoint.auth(repository, "pull,push"),
    signal,
  });
  if (response.status !== 201 && response.status !== 200 && response.status !== 202) {
    const { host } = endpoint;
    throw await errorFromResponse(response, {
      host,
      action: `push the manifest ${name}`,
      reference: name,
      digest,
    });
  }
  await discard(response);
  const stored = response.headers["docker-content-digest"];
  if (stored !== undefined && isDigest(stored) && stored !== digest) {
    const message = `${endpoint.host}: the manifest ${name} was stored as ${stored}, not as ${digest}`;
    throw new RegistryError("DigestMismatch", message, { host: endpoint.host, reference: name, digest });
  }
  return { descriptor: { mediaType, digest, size: bytes.length }, headers: response.headers };
}

function manifestRequest(
  endpoint: Endpoint,
  method: "GET" | "HEAD",
  repository: string,
  reference: string,
  signal: AbortSignal | undefined,
): HttpRequest {
  checkRepository(repository);
  parseTagOrDigest(reference);
  return {
    method,
    url: endpoint.url(repository, `manifests/${reference}`),
    headers: { accept, "accept-encoding": "identity" },
    auth: endpoint.auth(repository, "pull"),
    signal,
  };
}

async function manifestError(
  response: HttpResponse,
  { host }: Endpoint,
  name: string,
): Promise<RegistryError> {
  return errorFromResponse(response, { host, action: `read the manifest ${name}`, reference: name });
}

function verifyManifest(
  host: string,
  repository: string,
  reference: string,
  { headers }: HttpResponse,
  bytes: Uint8Array,
): Manifest {
  const digest = checkedDigest(host, repository, reference, headers["docker-content-digest"], bytes);
  // The body was hashed and the header was not: what the manifest says about itself comes first.
  const content = parseManifestContent(bytes);
  if (content === undefined) {
    const name = nameOf(repository, reference);
    const message = `${host}: the manifest ${name} is not JSON; is a proxy or a login page in between?`;
    throw new RegistryError("InvalidResponse", message, { host, reference: name, digest });
  }
  const mediaType = content.mediaType ?? contentTypeOf(headers["content-type"]) ?? mediaTypeOf(content);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

function checkedDigest(
  host: string,
  repository: string,
  reference: string,
  header: string | undefined,
  bytes: Uint8Array,
): Digest {
  const promised = isDigest(reference) ? reference : header;
  // Without a digest to compare with (ECR answers so), the bytes are what the tag points to.
  if (promised === undefined || !isDigest(promised)) return sha256Digest(bytes);
  const actual = digestLike(promised, bytes);
  if (actual === promised) return actual;
  const name = nameOf(repository, reference);
  const message = `${host}: the manifest ${name} has the digest ${actual}, not ${promised}: it was damaged or tampered with`;
  throw new RegistryError("DigestMismatch", message, { host, reference: name, digest: promised });
}

/** The type without parameters, if it is one that says something about a manifest. */
function contentTypeOf(header: string | undefined): string | undefined {
  const type = (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return /^application\/vnd\.[a-z0-9.+-]+$/u.test(type) ? type : undefined;
}
