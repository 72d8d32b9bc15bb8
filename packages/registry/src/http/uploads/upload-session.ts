import type { AuthorizationTarget } from "@blob/auth";
import type { BlobId } from "../../descriptor.js";
import { RegistryError } from "../../errors.js";
import type { OpenBody, PushBlobOptions } from "../../registry.js";
import type { Endpoint } from "../layers/endpoint.js";
import type { HttpResponse } from "../layers/handler.js";
import { discard } from "../layers/handler.js";
import type { BlobQuestion } from "../blobs/blob-stat.js";
import { lookForBlob } from "../blobs/blob-stat.js";
import type { Outcome } from "../answers/proof.js";
import { outcomeOf } from "../answers/proof.js";
import { decideRedirect } from "../layers/redirect-rule.js";
import type { FailedAction } from "../answers/response-error.js";
import { errorFromResponse } from "../answers/response-error.js";
import { isSameBlob } from "../blobs/stored-blob.js";
import { uploadPlace } from "../layers/upload-place.js";

/** Where something is uploaded to. */
export interface UploadTarget {
  readonly repository: string;
  /** Undefined until the bytes have ended. */
  readonly blob?: BlobId | undefined;
  readonly options: PushBlobOptions;
}

/** One blob on its way up. */
export interface Upload extends UploadTarget {
  readonly blob: BlobId;
  readonly open: OpenBody;
}

/** Where to send the next bytes of an upload. Each answer may name a new place, and the old one is void then. */
export interface UploadSession {
  readonly url: URL;
  /** Who said the URL. */
  readonly from: URL;
  /** None when the registry sent the client to another origin, or to what is no place of its sessions. */
  readonly auth: AuthorizationTarget | undefined;
  /** Pieces that are smaller than this are refused, except for the last one (`OCI-Chunk-Min-Length`). */
  readonly minChunkBytes: number | undefined;
}

/** Mounts the blob where that can be, else begins a session. */
export async function openSession(
  endpoint: Endpoint,
  upload: Upload,
  mountFrom: string | undefined,
): Promise<UploadSession | "mounted"> {
  if (mountFrom !== undefined && mountFrom !== upload.repository) {
    const query = new URLSearchParams({ mount: upload.blob.digest, from: mountFrom });
    const response = await postUpload(endpoint, upload, `?${query.toString()}`, mountFrom);
    if (response.status === 201) {
      if (await isMounted(endpoint, upload, response)) return "mounted";
      return openSession(endpoint, upload, undefined);
    }
    // A registry that cannot mount begins a session instead; one that must not says so, and is asked for a session.
    if (response.status === 202) return sessionFrom(endpoint, upload, response);
    await discard(response);
  }
  return beginSession(endpoint, upload);
}

/** Begins a session. */
export async function beginSession(endpoint: Endpoint, target: UploadTarget): Promise<UploadSession> {
  const response = await postUpload(endpoint, target, "");
  if (response.status === 202) return sessionFrom(endpoint, target, response);
  throw await uploadError(response, endpoint, target);
}

/** Whether a 201 means what it says: else the blob is sent, as where nothing can be mounted. */
async function isMounted(endpoint: Endpoint, upload: Upload, response: HttpResponse): Promise<boolean> {
  const { host } = endpoint;
  const { kind } = await outcomeOf(response, { host, kind: "blobs", digest: upload.blob.digest });
  if (kind !== "open") return kind === "proved";
  return isSameBlob(await lookForBlob(endpoint, questionAbout(upload)), upload.blob);
}

/** Asks whether the blob is there already, with the credentials of a push. */
export function questionAbout({ repository, blob, options }: Omit<Upload, "open">): BlobQuestion {
  return { repository, ...blob, actions: "pull,push", signal: options.signal };
}

/** The place that an answer names, if a client may go there. The rest of the answer is read away. */
export async function sessionFrom(
  endpoint: Endpoint,
  { repository }: UploadTarget,
  response: HttpResponse,
): Promise<UploadSession> {
  await discard(response);
  const { headers } = response;
  const decision = decideRedirect({
    from: response.url,
    location: headers["location"],
    credentialOrigin: endpoint.origin,
  });
  const refuse = (why: string): RegistryError => {
    const message = `${endpoint.host}: the upload to ${repository} was answered with ${why}; it was not followed`;
    return new RegistryError("UnsafeRedirect", message, { host: endpoint.host, reference: repository });
  };
  if (!decision.follow) throw refuse(decision.why);
  const { url, keepCredentials } = decision;
  const isOwnHost = url.host === new URL(endpoint.origin).host;
  const place = isOwnHost ? uploadPlace(url.pathname, repository) : "elsewhere";
  if (place === "api") throw refuse("a location in another part of the registry's API");
  const minimum = Number(headers["oci-chunk-min-length"] ?? 0);
  return {
    url,
    from: response.url,
    auth: keepCredentials && place === "session" ? endpoint.auth(repository, "pull,push") : undefined,
    minChunkBytes: Number.isSafeInteger(minimum) && minimum > 0 ? minimum : undefined,
  };
}

/** Where to finish: appended as text, because the query may be signed as it is and must not be encoded anew. */
export function finishUrl({ url }: UploadSession, { blob }: Pick<Upload, "blob">): URL {
  const target = new URL(url);
  target.search += `${target.search === "" ? "?" : "&"}digest=${encodeURIComponent(blob.digest)}`;
  return target;
}

/** Ends a session whose bytes are all there. What the registry says about the blob; throws when it did not take it. */
export async function finishSession(
  endpoint: Endpoint,
  upload: Omit<Upload, "open">,
  session: UploadSession,
): Promise<Outcome> {
  const response = await endpoint.send({
    method: "PUT",
    url: finishUrl(session, upload),
    from: session.from,
    headers: { "content-length": "0", "content-type": "application/octet-stream" },
    auth: session.auth,
    signal: upload.options.signal,
  });
  if (!isTaken(response)) throw await uploadError(response, endpoint, upload);
  return outcomeOf(response, { host: endpoint.host, kind: "blobs", digest: upload.blob.digest });
}

export function uploadError(
  response: HttpResponse,
  endpoint: Endpoint,
  target: UploadTarget,
): Promise<RegistryError> {
  return errorFromResponse(response, failedUpload(endpoint, target));
}

export function failedUpload({ host }: Endpoint, { repository, blob }: UploadTarget): FailedAction {
  const action = `push ${blob === undefined ? "a blob" : `the blob ${blob.digest}`} to ${repository}`;
  return { host, action, reference: repository, digest: blob?.digest, what: "repository" };
}

/** Whether an answer to the last request of an upload claims success. What it proves is another question. */
export function isTaken({ status }: HttpResponse): boolean {
  return status === 200 || status === 201 || status === 204;
}

function postUpload(
  endpoint: Endpoint,
  { repository, options }: UploadTarget,
  query: string,
  from?: string,
): Promise<HttpResponse> {
  return endpoint.send({
    method: "POST",
    url: endpoint.url(repository, `blobs/uploads/${query}`),
    headers: { "content-length": "0" },
    auth: endpoint.auth(repository, "pull,push", from),
    signal: options.signal,
  });
}
