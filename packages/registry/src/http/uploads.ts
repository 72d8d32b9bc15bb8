import type { AuthorizationTarget } from "@blob/auth";
import type { BlobId } from "../descriptor.js";
import { parseDigest } from "../digest.js";
import { isRegistryError, RegistryError } from "../errors.js";
import { checkRepository } from "../reference.js";
import type { OpenBody, PushBlobOptions, PushedBlob } from "../registry.js";
import { statBlob } from "./blob-stat.js";
import type { Endpoint } from "./endpoint.js";
import type { HttpResponse } from "./handler.js";
import { discard } from "./handler.js";
import { isTransient } from "./network-error.js";
import { decideRedirect } from "./redirect-rule.js";
import { errorFromResponse } from "./response-error.js";
import { isRetryableStatus } from "./retry.js";

/** One blob on its way up. */
interface Upload {
  readonly repository: string;
  readonly blob: BlobId;
  readonly open: OpenBody;
  readonly options: PushBlobOptions;
}

/**
 * HEAD, a mount where there is something to mount, else a session and one PUT of everything. When the PUT breaks, all
 * of it starts again: what state the session is in, nobody knows.
 */
export async function uploadBlob(
  endpoint: Endpoint,
  repository: string,
  blob: BlobId,
  open: OpenBody,
  options: PushBlobOptions,
): Promise<PushedBlob> {
  checkRepository(repository);
  if (options.mountFrom !== undefined) checkRepository(options.mountFrom);
  parseDigest(blob.digest);
  const upload: Upload = { repository, blob, open, options };
  const { signal } = options;
  for (let attempt = 0; ; attempt += 1) {
    const actions = "pull,push";
    const size = await statBlob(endpoint, { repository, digest: blob.digest, actions, signal });
    // After a lost answer, the blob that is there is the one that was sent.
    if (size !== undefined) return attempt === 0 ? "exists" : "uploaded";
    const session = await openSession(endpoint, upload, attempt === 0);
    if (session === "mounted") return "mounted";
    let retryAfter: string | undefined;
    try {
      const refusal = await putBlob(endpoint, upload, session);
      if (refusal === undefined) return "uploaded";
      retryAfter = refusal.retryAfter;
      throw refusal.error;
    } catch (error) {
      signal?.throwIfAborted();
      const headers = retryAfter === undefined ? undefined : { "retry-after": retryAfter };
      if (!isWorthAnotherSession(error)) throw error;
      if (!(await endpoint.retryPolicy.pause(attempt, headers, signal))) throw error;
    }
  }
}

/** Where to send the bytes of one upload; signed like a link, and good for one use. */
interface Session {
  readonly url: URL;
  /** None when the registry sent the client to another origin. */
  readonly auth: AuthorizationTarget | undefined;
}

async function openSession(
  endpoint: Endpoint,
  upload: Upload,
  mayMount: boolean,
): Promise<Session | "mounted"> {
  const { mountFrom } = upload.options;
  if (mayMount && mountFrom !== undefined && mountFrom !== upload.repository) {
    const query = new URLSearchParams({ mount: upload.blob.digest, from: mountFrom });
    const response = await postUpload(endpoint, upload, `?${query.toString()}`, mountFrom);
    if (response.status === 201) {
      await discard(response);
      return "mounted";
    }
    // A registry that cannot mount opens a session instead; one that must not says so, and is asked for a session.
    if (response.status === 202) return sessionOf(endpoint, upload, response);
    await discard(response);
  }
  const response = await postUpload(endpoint, upload, "");
  if (response.status === 202) return sessionOf(endpoint, upload, response);
  throw await uploadError(response, endpoint, upload);
}

function postUpload(
  endpoint: Endpoint,
  { repository, options }: Upload,
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

async function sessionOf(endpoint: Endpoint, upload: Upload, response: HttpResponse): Promise<Session> {
  await discard(response);
  const { repository } = upload;
  const decision = decideRedirect({
    from: response.url,
    location: response.headers["location"],
    credentialOrigin: endpoint.origin,
  });
  if (!decision.follow) {
    const message = `${endpoint.host}: the upload to ${repository} was answered with ${decision.why}; it was not followed`;
    throw new RegistryError("UnsafeRedirect", message, { host: endpoint.host, reference: repository });
  }
  const { url, keepCredentials } = decision;
  return { url, auth: keepCredentials ? endpoint.auth(repository, "pull,push") : undefined };
}

/** The error and the wish of a registry that did not take the blob; undefined when it did. */
interface Refusal {
  readonly error: RegistryError;
  readonly retryAfter: string | undefined;
}

async function putBlob(
  endpoint: Endpoint,
  upload: Upload,
  { url, auth }: Session,
): Promise<Refusal | undefined> {
  const { blob, options } = upload;
  const target = new URL(url);
  // Appended as text: the query may be signed as it is, and must not be encoded anew.
  target.search += `${target.search === "" ? "?" : "&"}digest=${encodeURIComponent(blob.digest)}`;
  const response = await endpoint.send({
    method: "PUT",
    url: target,
    headers: { "content-type": "application/octet-stream" },
    body: { size: blob.size, open: () => countBytes(upload) },
    auth,
    repeatable: false,
    signal: options.signal,
  });
  if (response.status !== 201 && response.status !== 200 && response.status !== 204) {
    const retryAfter = response.headers["retry-after"];
    return { error: await uploadError(response, endpoint, upload), retryAfter };
  }
  await discard(response);
  return undefined;
}

async function* countBytes({ open, options }: Upload): AsyncGenerator<Uint8Array, void, undefined> {
  let sent = 0;
  for await (const chunk of open()) {
    yield chunk;
    sent += chunk.length;
    options.onProgress?.(sent);
  }
}

/** 404 and 416 are answers about the session, which may have been lost or be half full. */
function isWorthAnotherSession(error: unknown): boolean {
  if (isTransient(error)) return true;
  if (!isRegistryError(error) || error.status === undefined) return false;
  return isRetryableStatus(error.status) || error.status === 404 || error.status === 416;
}

function uploadError(
  response: HttpResponse,
  { host }: Endpoint,
  { repository, blob }: Upload,
): Promise<RegistryError> {
  const action = `push the blob ${blob.digest} to ${repository}`;
  return errorFromResponse(response, { host, action, reference: repository, digest: blob.digest });
}
