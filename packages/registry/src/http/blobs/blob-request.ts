import type { Digest } from "../../descriptor.js";
import { isRegistryError } from "../../errors.js";
import { untilAborted } from "@blob/core/abort";
import type { BlobLink, BlobLinks } from "./blob-links.js";
import type { Endpoint } from "../layers/endpoint.js";
import type { HttpHeaders, HttpResponse } from "../layers/handler.js";

export interface BlobRequest {
  readonly repository: string;
  readonly digest: Digest;
  readonly headers: HttpHeaders;
  readonly signal: AbortSignal | undefined;
}

/**
 * GETs a blob: directly where the registry redirected to the last time, else from the registry. When the link has
 * expired, one of the readers asks the registry again and the others wait for what it finds.
 */
export async function requestBlob(
  endpoint: Endpoint,
  links: BlobLinks,
  request: BlobRequest,
): Promise<HttpResponse> {
  const key = `${request.repository}@${request.digest}`;
  const link = links.get(key);
  if (link === undefined) return askRegistry(endpoint, links, key, request);
  const direct = await followLink(endpoint, links, key, link, request);
  if (direct !== undefined) return direct;
  const renewal = links.renewal(key);
  if (renewal === undefined && links.get(key) === undefined) {
    return links.renew(key, () => askRegistry(endpoint, links, key, request));
  }
  if (renewal !== undefined) await untilAborted(renewal, request.signal);
  const renewed = links.get(key);
  const again = renewed && (await followLink(endpoint, links, key, renewed, request));
  return again ?? askRegistry(endpoint, links, key, request);
}

async function askRegistry(
  endpoint: Endpoint,
  links: BlobLinks,
  key: string,
  { repository, digest, headers, signal }: BlobRequest,
): Promise<HttpResponse> {
  const response = await endpoint.send({
    method: "GET",
    url: endpoint.url(repository, `blobs/${digest}`),
    headers,
    auth: endpoint.auth(repository, "pull"),
    signal,
  });
  const wasRedirected = response.url.origin !== endpoint.origin;
  if (wasRedirected && (response.status === 200 || response.status === 206))
    links.remember(key, { url: response.url, from: response.from });
  return response;
}

/** Undefined when the link does not serve any more, for whatever reason: the registry knows a better one. */
async function followLink(
  { send }: Endpoint,
  links: BlobLinks,
  key: string,
  link: BlobLink,
  { headers, signal }: BlobRequest,
): Promise<HttpResponse | undefined> {
  try {
    const response = await send({ method: "GET", ...link, headers, signal });
    if (response.status < 400) return response;
    response.cancel();
  } catch (error) {
    signal?.throwIfAborted();
    if (!isRegistryError(error)) throw error;
  }
  links.forget(key, link);
  return undefined;
}
