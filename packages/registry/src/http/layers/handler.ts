import type { AuthorizationTarget } from "@blob/auth";
import type { OpenBody } from "../../registry.js";

/** The methods that the distribution-spec uses. */
export type HttpMethod = "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";

/** Names in lower case; several headers of one name are joined by ", ". */
export type HttpHeaders = Readonly<Record<string, string>>;

/** The body of a request: opened again whenever the request has to be sent again. */
export interface HttpBody {
  /** Gives the bytes from their start, each time. */
  readonly open: OpenBody;
  /** In bytes; sent as Content-Length. */
  readonly size: number;
}

/** A request, before the layers add to it. */
export interface HttpRequest {
  /** What is done. */
  readonly method: HttpMethod;
  /** To what: absolute, without user and password. */
  readonly url: URL;
  /** Without those that the layers and the transport set: authorization, user agent, host, length. */
  readonly headers: HttpHeaders;
  /** What is sent; nothing without it. */
  readonly body?: HttpBody | undefined;
  /** Whose credentials the request may carry. Without it the request goes out bare. */
  readonly auth?: AuthorizationTarget | undefined;
  /** The server that said the URL, if any but the registry did: it may lead no further inside than it is. */
  readonly from?: URL | undefined;
  /** False when sending it twice is not the same as sending it once. Default true. */
  readonly repeatable?: boolean | undefined;
  /** False when a conflict (409) is the caller's to solve. Default true: it is tried again a few times. */
  readonly retryConflicts?: boolean | undefined;
  /** False to get a redirect as it came. Default true. */
  readonly followRedirects?: boolean | undefined;
  /** Stops the request and the body of its answer, with the reason. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose headers have arrived. Its body has to be read to the end, or cancelled. */
export interface HttpResponse {
  /** As in the status line; never that of an interim answer. */
  readonly status: number;
  /** As they came: what is in them is not to be believed. */
  readonly headers: HttpHeaders;
  /** Where it came from, after redirects. May hold a signed query: never show it as it is. */
  readonly url: URL;
  /** Set when redirects led to it: on the registry's own origin, or to somebody who gets no credentials. */
  readonly redirected?: "inside" | "elsewhere";
  /** Who redirected to it, at last. */
  readonly from?: URL;
  /** The `Authorization` that was asked with, which the answer may repeat: never show it. Transports leave it out. */
  readonly authorization?: string;
  /** Single use. Leaving the loop frees the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Frees the connection without reading. Harmless at any time. */
  cancel(): void;
}

/** One request, one response: a transport, or layers around one. */
export type Handler = (request: HttpRequest) => Promise<HttpResponse>;

/** Adds one concern to a handler. */
export type Layer = (next: Handler) => Handler;

/** Puts layers around a transport; the last one is the outermost. */
export function compose(transport: Handler, ...layers: readonly Layer[]): Handler {
  return layers.reduce((handler, layer) => layer(handler), transport);
}

/** The same request with some headers more. */
export function withHeaders(request: HttpRequest, headers: HttpHeaders): HttpRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}

/** Rests shorter than this are read, so that the connection can be used again; longer ones cost more than a new one. */
const worthReading = 64 * 1024;

/** Lets go of a response that nobody wants to read. Never throws. */
export async function discard(response: HttpResponse): Promise<void> {
  if (Number(response.headers["content-length"] ?? 0) > worthReading) {
    response.cancel();
    return;
  }
  let size = 0;
  try {
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > worthReading) break;
    }
  } catch {
    // What is wrong with a body that nobody reads is of no interest.
  }
}
