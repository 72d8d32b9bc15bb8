import type { AuthorizationTarget } from "@blob/auth";
import type { OpenBody } from "../../registry.js";

/** The methods that the distribution-spec uses. */
export type HttpMethod = "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";

/** Names in lower case; several headers of one name are joined by ", ". */
export type HttpHeaders = Readonly<Record<string, string>>;

/** The body of a request. It is opened again whenever the request is sent again. */
export interface HttpBody {
  /** Gives the bytes from their start, each time. */
  readonly open: OpenBody;
  /** In bytes; sent as Content-Length. Undefined until the bytes end: then they are sent in chunks (RFC 9112, 7.1). */
  readonly size: number | undefined;
}

/** A request, before the layers add to it. */
export interface HttpRequest {
  /** The HTTP method. */
  readonly method: HttpMethod;
  /** Absolute, without user and password. */
  readonly url: URL;
  /** Headers in lower case, without those that layers and transport set: authorization, user agent, host, length. */
  readonly headers: HttpHeaders;
  /** The body; without it none is sent. */
  readonly body?: HttpBody | undefined;
  /** Whose credentials the request may carry. Without it none are added. */
  readonly auth?: AuthorizationTarget | undefined;
  /**
   * The server that gave this URL, if it was not the registry. The URL must not lead to a more private network than
   * that server is in.
   */
  readonly from?: URL | undefined;
  /** False if sending the request twice has another effect than sending it once: it is not retried. Default true. */
  readonly repeatable?: boolean | undefined;
  /** False if the caller handles a conflict (409) itself. Default true: it is retried a few times. */
  readonly retryConflicts?: boolean | undefined;
  /** False to get a redirect as the answer. Default true. */
  readonly followRedirects?: boolean | undefined;
  /** Stops the request, and the body of its answer, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose headers have arrived. Its body has to be read to its end, or cancelled. */
export interface HttpResponse {
  /** The status code of the final answer; never that of an interim one (1xx). */
  readonly status: number;
  /** As the server sent them: nothing in them can be relied on. */
  readonly headers: HttpHeaders;
  /** The URL that answered, after redirects. Its query may be signed: never show it unredacted. */
  readonly url: URL;
  /**
   * Set if redirects led to it: `inside` on the registry's own origin, `elsewhere` on a host that gets no credentials.
   */
  readonly redirected?: "inside" | "elsewhere";
  /** The server that gave the last redirect. */
  readonly from?: URL;
  /**
   * The `Authorization` that was sent, to be removed from texts of the answer that repeat it; never to be shown. Set by
   * layers, not by transports.
   */
  readonly authorization?: string;
  /** The body. Can be iterated once; leaving the loop frees the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Frees the connection without reading the body. Can be called at any time, and more than once. */
  cancel(): void;
}

/** Sends one request and gets one response: a transport, or layers around one. */
export type Handler = (request: HttpRequest) => Promise<HttpResponse>;

/** Wraps a handler to add one concern, such as retries. */
export type Layer = (next: Handler) => Handler;

/** Wraps a transport in layers; the last one is the outermost. */
export function compose(transport: Handler, ...layers: readonly Layer[]): Handler {
  return layers.reduce((handler, layer) => layer(handler), transport);
}

/** The same request with some headers more. */
export function withHeaders(request: HttpRequest, headers: HttpHeaders): HttpRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}

/** A body with less than this left is read, to reuse the connection; for more, a new connection is cheaper. */
const worthReading = 64 * 1024;

/** Frees the connection of a response that is not going to be read. Never throws. */
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
    // Errors of a body that is thrown away do not matter.
  }
}
