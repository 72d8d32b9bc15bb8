import { isLoopbackHost } from "@blob/core/hosts";
import { apiHost } from "../../reference.js";
import type { Handler, HttpRequest, Layer } from "../layers/handler.js";
import { speaksNoTls } from "../layers/network-error.js";
import type { ConnectionOptions } from "./dispatcher.js";
import type { Transport } from "./undici-handler.js";
import { createUndiciTransport } from "./undici-handler.js";

/** How a registry is reached: by which scheme, and over which connections. */
export interface Way {
  /** Scheme, host and port of the API. The scheme changes once at most, from https to http. */
  readonly origin: () => string;
  /** Beneath all layers. */
  readonly transport: Transport;
  /** Around all layers: sends a request again by the other scheme, when the first one turned out to be wrong. */
  readonly settle: Layer;
}

export interface WayOptions extends ConnectionOptions {
  readonly plainHttp?: boolean | undefined;
  readonly transport?: Transport | undefined;
}

/** What is said decides. When nobody says anything, it is TLS, but for registries on this machine: see `createOpenWay`. */
export function createWay(host: string, { plainHttp, transport, ...options }: WayOptions): Way {
  if (plainHttp === undefined && transport === undefined && isLoopbackHost(host)) {
    return createOpenWay(host, options);
  }
  const { origin } = new URL(`${plainHttp === true ? "http" : "https"}://${apiHost(host)}`);
  return {
    origin: () => origin,
    transport: transport ?? createUndiciTransport(origin, options),
    settle: (next) => next,
  };
}

/**
 * TLS, until it turns out that what listens there speaks none: then, and for all requests to come, plain HTTP on the same
 * port. That is found out by the first request, which nothing was sent of, so that a registry with TLS costs nothing more.
 * Once anything has come over TLS it stays that, and a certificate that is not trusted is TLS as well.
 */
function createOpenWay(host: string, options: ConnectionOptions): Way {
  const secure = new URL(`https://${host}`);
  const secureTransport = createUndiciTransport(secure.origin, options);
  const plainUrl = (url: URL): URL => {
    const { port } = url;
    const plain = new URL(url);
    plain.protocol = "http:";
    // Where no TLS was spoken, and not wherever else http would go.
    plain.port = port === "" ? "443" : port;
    return plain;
  };
  const plainOrigin = plainUrl(secure).origin;
  let plain: Transport | undefined;
  let answersTls = false;

  const handle: Handler = async (request) => {
    if (plain !== undefined) return plain.handle(request);
    const isOwn = request.url.origin === secure.origin;
    try {
      const response = await secureTransport.handle(request);
      answersTls ||= isOwn;
      return response;
    } catch (error) {
      if (isOwn && !answersTls && speaksNoTls(error)) {
        plain ??= createUndiciTransport(plainOrigin, options, { onlyLoopback: true });
      }
      throw error;
    }
  };
  const isPlain = (): boolean => plain !== undefined;
  const inPlain = (request: HttpRequest): HttpRequest => {
    const { url, auth } = request;
    if (url.origin !== secure.origin) return request;
    return {
      ...request,
      url: plainUrl(url),
      auth: auth === undefined ? undefined : { ...auth, origin: plainOrigin },
    };
  };
  return {
    origin: () => (isPlain() ? plainOrigin : secure.origin),
    transport: {
      handle,
      async close() {
        await Promise.all([secureTransport.close(), plain?.close()]);
      },
    },
    settle: (next) => async (request) => {
      if (isPlain()) return next(inPlain(request));
      try {
        return await next(request);
      } catch (error) {
        // One of several that were under way may have found it out.
        if (!isPlain() || !speaksNoTls(error)) throw error;
        return next(inPlain(request));
      }
    },
  };
}
