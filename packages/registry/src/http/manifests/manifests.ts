import { once } from "@blob/core/bytes";
import { readBounded } from "../../bounded-body.js";
import type { BlobId, Descriptor, Digest, Manifest } from "../../descriptor.js";
import { digestLike, isDigest, sha256Digest } from "../../digest.js";
import { isRegistryError, RegistryError } from "../../errors.js";
import type { ManifestContent } from "../../manifest/manifest-content.js";
import {
  manifestMediaTypes,
  parseJsonObject,
  parseManifestContent,
} from "../../manifest/manifest-content.js";
import { defaultMaxManifestBytes, digestOfManifest, mediaTypeOf } from "../../manifest/manifest-rules.js";
import { checkRepository, checkTag, nameOf, parseTagOrDigest } from "../../reference.js";
import type { CallOptions, ManifestOptions, NewManifest, PushManifestOptions } from "../../registry.js";
import type { Endpoint } from "../layers/endpoint.js";
import type { Answer } from "../answers/answer.js";
import { readAnswer } from "../answers/answer.js";
import type { HttpHeaders, HttpRequest, HttpResponse } from "../layers/handler.js";
import { discard } from "../layers/handler.js";
import { isTransient } from "../layers/network-error.js";
import { otherDigestIn, outcomeOf } from "../answers/proof.js";
import type { FailedAction } from "../answers/response-error.js";
import { errorFromAnswer, errorFromResponse } from "../answers/response-error.js";

/** Registries convert or hide manifests whose type is not asked for. */
export const acceptedManifests: string = Object.values(manifestMediaTypes).join(", ");

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
      const manifest = await verifyManifest(endpoint.host, repository, reference, response, bytes);
      return { manifest, headers: response.headers };
    } catch (error) {
      if (!isTransient(error) || !(await endpoint.retryPolicy.pause(attempt, undefined, signal))) throw error;
    }
  }
}

/**
 * A HEAD; a GET where the answer to it does not have what a descriptor needs (ECR sends no digest), contradicts itself, or
 * may come from something that knows no HEAD: the GET then has the bytes, or a reason.
 */
export async function resolveManifest(
  endpoint: Endpoint,
  repository: string,
  reference: string,
  { signal }: CallOptions,
): Promise<Descriptor> {
  const response = await endpoint.send(manifestRequest(endpoint, "HEAD", repository, reference, signal));
  await discard(response);
  const { status, headers } = response;
  const tellsNothing = status === 400 || status === 405 || status === 501;
  if (status !== 200 && !tellsNothing) {
    throw await manifestError(response, endpoint, nameOf(repository, reference));
  }
  const digest = isDigest(reference) ? reference : headers["docker-content-digest"];
  const size = Number(headers["content-length"] ?? "none");
  const mediaType = contentTypeOf(headers["content-type"]);
  const isComplete = digest !== undefined && isDigest(digest) && Number.isSafeInteger(size) && size > 0;
  const isAnother = isDigest(reference) && otherDigestIn(response, reference) !== undefined;
  if (status === 200 && isComplete && !isAnother && mediaType !== undefined)
    return { mediaType, digest, size };
  return (await getManifest(endpoint, repository, reference, { signal })).descriptor;
}

export interface PutManifestOptions extends PushManifestOptions {
  /** Only if the tag's manifest still has this ETag, where the registry looks at it. */
  readonly ifMatch?: string | undefined;
  /**
   * The caller reads what is there afterwards, and writes again where it has to: an answer without evidence is not looked
   * into, and a conflict is the caller's to solve.
   */
  readonly readsBack?: boolean | undefined;
}

/**
 * PUT by tag, or by digest. The bytes go out as they are. That they were stored is proved by the answer's headers, or else by
 * one GET.
 */
export async function putManifest(
  endpoint: Endpoint,
  repository: string,
  { mediaType, bytes }: NewManifest,
  { tag, digest: promised, signal, ifMatch, readsBack = false }: PutManifestOptions,
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
    retryConflicts: !readsBack,
    signal,
  });
  const { host } = endpoint;
  const action = `push the manifest ${name}`;
  const failed: FailedAction = {
    host,
    action,
    reference: name,
    digest,
    what: "repository",
    gaveManifest: true,
  };
  if (response.status !== 201 && response.status !== 200 && response.status !== 202) {
    throw await errorFromResponse(response, failed);
  }
  const outcome = await outcomeOf(response, { host, kind: "manifests", digest });
  if (outcome.kind === "refuted") {
    const message = `${host}: the manifest ${name} was stored as ${outcome.stored}, not as ${digest}`;
    throw new RegistryError("DigestMismatch", message, { host, reference: name, digest });
  }
  if (outcome.kind === "open" && !readsBack) {
    await requireManifest(
      endpoint,
      repository,
      { digest, size: bytes.length },
      outcome.answer,
      failed,
      signal,
    );
  }
  return { descriptor: { mediaType, digest, size: bytes.length }, headers: response.headers };
}

/** How often to look again for what may take a moment to appear. */
const moreLooks = 2;

/** What a GET finds when there is no such manifest, or no registry. */
const notThere: ReadonlySet<string> = new Set([
  "NotFound",
  "InvalidResponse",
  "DigestMismatch",
  "SizeExceeded",
]);

/** Reads a manifest that somebody claims to have stored, and believes nothing but its bytes. */
async function requireManifest(
  endpoint: Endpoint,
  repository: string,
  { digest, size }: BlobId,
  answer: Answer,
  failed: FailedAction,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let looks = 0; ; looks += 1) {
    try {
      await getManifest(endpoint, repository, digest, { maxBytes: size, signal });
      return;
    } catch (error) {
      if (!isRegistryError(error) || !notThere.has(error.code)) throw error;
      const mayAppear = error.code === "NotFound" && !answer.isPage && looks < moreLooks;
      if (mayAppear && (await endpoint.retryPolicy.pause(looks, undefined, signal))) continue;
      const why = "what answered claims to have stored it, and did not: that is no registry, or a broken one";
      throw errorFromAnswer(answer, failed, why);
    }
  }
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
    headers: { accept: acceptedManifests, "accept-encoding": "identity" },
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

async function verifyManifest(
  host: string,
  repository: string,
  reference: string,
  response: HttpResponse,
  bytes: Uint8Array,
): Promise<Manifest> {
  const { headers } = response;
  const content = parseManifestContent(bytes);
  const isClaimed = content !== undefined && (isDigest(reference) || isManifest(response, content, bytes));
  if (!isClaimed) {
    const name = nameOf(repository, reference);
    const failed = { host, action: `read the manifest ${name}`, reference: name };
    const answer = await readAnswer({ ...response, body: once(bytes) }, host);
    // What is no manifest and has not even the digest that it was asked for was damaged, unless it is a page.
    if (!answer.isPage) checkedDigest(host, repository, reference, headers["docker-content-digest"], bytes);
    throw errorFromAnswer(
      answer,
      failed,
      "what answered is no manifest; is a login page or a proxy in between?",
    );
  }
  const digest = checkedDigest(host, repository, reference, headers["docker-content-digest"], bytes);
  // The body was hashed and the header was not: what the manifest says about itself comes first.
  const mediaType = content.mediaType ?? contentTypeOf(headers["content-type"]) ?? mediaTypeOf(content);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

/** Whether JSON is a manifest by what it says, or by what the registry says: other services speak JSON, too. */
function isManifest({ headers }: HttpResponse, content: ManifestContent, bytes: Uint8Array): boolean {
  if (content.mediaType !== undefined || contentTypeOf(headers["content-type"]) !== undefined) return true;
  return typeof parseJsonObject(bytes)?.["schemaVersion"] === "number";
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
