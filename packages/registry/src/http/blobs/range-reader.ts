import { parseContentRange } from "@blob/core/ranges";
import { untilAborted } from "@blob/core/abort";
import type { BlobId, Digest } from "../../descriptor.js";
import { isRegistryError, RegistryError } from "../../errors.js";
import type { BlobLink, BlobLinks } from "./blob-links.js";
import type { HttpHeaders, HttpResponse } from "../layers/handler.js";
import type { Endpoint } from "../layers/endpoint.js";
import { isTransient } from "../layers/network-error.js";
import { errorFromResponse } from "../answers/response-error.js";

export interface RangeRead {
  readonly repository: string;
  readonly blob: BlobId;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

/** A connection that gave this much before it broke is no reason to lose patience. */
const progressThatCounts = 1024 * 1024;

/**
 * The bytes from start to end, in order, in as many requests as it takes: when a body breaks off, the next request
 * goes on after the last good byte. The place and length of what comes are checked; the content is not.
 */
export async function* readRange(
  endpoint: Endpoint,
  links: BlobLinks,
  read: RangeRead,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { blob, end, signal } = read;
  let at = read.start;
  for (let failures = 0; at < end; failures += 1) {
    const startedAt = at;
    const response = await requestBlob(endpoint, links, {
      ...read,
      digest: blob.digest,
      headers: headersFor(at, read),
    });
    let failure: unknown;
    try {
      for await (const piece of await piecesOf(response, endpoint, read, at)) {
        at += piece.length;
        yield piece;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!isTransient(error)) throw error;
      failure = error;
    }
    if (at >= end) return;
    if (at - startedAt >= progressThatCounts) failures = 0;
    if (!(await endpoint.retryPolicy.pause(failures, undefined, signal)))
      throw failure ?? cutShort(endpoint, read, at);
  }
}

function headersFor(at: number, { blob, end }: RangeRead): HttpHeaders {
  const isWhole = at === 0 && end === blob.size;
  return { "accept-encoding": "identity", ...(isWhole ? {} : { range: `bytes=${at}-${end - 1}` }) };
}

/** What of a response is wanted. Every answer that is not exactly that is an error, before a byte is handed on. */
async function piecesOf(
  response: HttpResponse,
  endpoint: Endpoint,
  read: RangeRead,
  at: number,
): Promise<AsyncIterable<Uint8Array>> {
  const { status, headers } = response;
  if (status !== 200 && status !== 206) {
    const { host } = endpoint;
    const { digest } = read.blob;
    throw await errorFromResponse(response, {
      host,
      action: `read the blob ${digest} of ${read.repository}`,
      reference: read.repository,
      digest,
    });
  }
  const header = headers["content-range"];
  // Some peer-to-peer mirrors say 200 to a partial answer: the Content-Range decides.
  const isPartial = status === 206 || header !== undefined;
  const why = isPartial ? wrongRange(header, headers, read, at) : wrongLength(headers, read.blob.size);
  if (why !== undefined) {
    response.cancel();
    throw invalidResponse(endpoint, read, why);
  }
  if (isPartial) return slice(response.body, { start: 0, end: read.end - at, size: read.end - at });
  return slice(response.body, { start: at, end: read.end, size: read.blob.size });
}

function wrongRange(
  header: string | undefined,
  headers: HttpHeaders,
  { blob, end }: RangeRead,
  at: number,
): string | undefined {
  const range = parseContentRange(header);
  if (range?.offset === undefined) return "a partial answer does not say which part it is";
  const { offset, length, size = blob.size } = range;
  if (offset !== at || length !== end - at || size !== blob.size) {
    return `asked for the bytes ${at} to ${end - 1} of ${blob.size}, it sent ${offset} to ${offset + length - 1} of ${range.size ?? "unknown"}`;
  }
  return wrongLength(headers, end - at);
}

function wrongLength(headers: HttpHeaders, expected: number): string | undefined {
  const length = headers["content-length"];
  if (length === undefined || Number(length) === expected) return undefined;
  return `it sends ${Number(length)} bytes where ${expected} were expected`;
}

/** The bytes from start to end of a body of some size; the rest is not read. */
async function* slice(
  body: AsyncIterable<Uint8Array>,
  { start, end, size }: { readonly start: number; readonly end: number; readonly size: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0;
  for await (const chunk of body) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, chunk.length);
    at += chunk.length;
    if (from < to) yield chunk.subarray(from, to);
    // Reading a body to its end leaves the connection open for the next range; waiting for more than that does not.
    if (at > end || (at === end && end < size)) return;
  }
}

function invalidResponse({ host }: Endpoint, { blob, repository }: RangeRead, why: string): RegistryError {
  const message = `${host}: cannot read the blob ${blob.digest} of ${repository}: ${why}`;
  return new RegistryError("InvalidResponse", message, { host, reference: repository, digest: blob.digest });
}

function cutShort({ host }: Endpoint, { blob, repository, end }: RangeRead, at: number): RegistryError {
  const message = `${host}: the blob ${blob.digest} of ${repository} breaks off after ${at} of ${end} bytes, again and again`;
  return new RegistryError("Network", message, { host, reference: repository, digest: blob.digest });
}

interface BlobRequest {
  readonly repository: string;
  readonly digest: Digest;
  readonly headers: HttpHeaders;
  readonly signal: AbortSignal | undefined;
}

/**
 * GETs a blob: directly where the registry redirected to the last time, else from the registry. When the link has
 * expired, one of the readers asks the registry again and the others wait for what it finds.
 */
async function requestBlob(
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
