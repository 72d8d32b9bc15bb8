import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { isRegistryError, RegistryError } from "../../errors.js";
import { onAbort } from "@blob/core/abort";
import { watchRate } from "./body-rate.js";
import { createDeadline } from "./deadline.js";
import type { ConnectionOptions, Dispatchers, RegistryBounds } from "./dispatcher.js";
import { createDispatchers } from "./dispatcher.js";
import type { GivenBack } from "./given-back.js";
import { createGivenBack } from "./given-back.js";
import type { TransferLimits } from "./transfer-limits.js";
import { transferLimits } from "./transfer-limits.js";
import type { UploadBody } from "./upload-body.js";
import { createUploadBody } from "./upload-body.js";
import type { Handler, HttpHeaders, HttpRequest, HttpResponse } from "../layers/handler.js";
import type { InwardAddressError } from "./connection-guard.js";
import { inwardAddressOf } from "./connection-guard.js";
import { fenceInterimAnswers } from "./interim-answers.js";
import { networkError } from "../layers/network-error.js";

/** A handler that owns connections. */
export interface Transport {
  /** Sends one request as it is, and follows nothing. A failed connection is a `Network` or `TimedOut` error. */
  readonly handle: Handler;
  /** Closes the connections; what is still under way fails. */
  close(): Promise<void>;
}

/**
 * Sends requests with undici: HTTP/1.1 with keep-alive, bodies streamed both ways, back-pressure kept.
 *
 * @param registryOrigin Gets the client certificate, and the leniency of `insecure`; no other origin does.
 */
export function createUndiciTransport(
  registryOrigin: string,
  options: ConnectionOptions = {},
  bounds: RegistryBounds = {},
): Transport {
  const dispatchers = createDispatchers(registryOrigin, options, bounds);
  const registry = new URL(registryOrigin);
  const limits = transferLimits(options.timeouts);
  const fence = fenceInterimAnswers();
  const givenBack = createGivenBack();
  return {
    handle(request) {
      fence.expect(request.url.host);
      return send({ dispatchers, limits, givenBack }, request, request.from ?? registry);
    },
    async close() {
      fence.remove();
      await dispatchers.close();
    },
  };
}

interface Means {
  readonly dispatchers: Dispatchers;
  readonly limits: TransferLimits;
  readonly givenBack: GivenBack;
}

async function send(means: Means, request: HttpRequest, from: URL): Promise<HttpResponse> {
  const { dispatchers, limits, givenBack } = means;
  const { method, url, headers, signal, body } = request;
  const { host } = url;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const release = signal === undefined ? () => {} : onAbort(signal, () => stop.abort(signal.reason));
  const headersDue = createDeadline(limits.headersMs, () => stop.abort(tooLate(host, limits.headersMs)));
  const watch = watchRate(limits.rate, () => stop.abort(tooSlow(host, "takes", limits)));
  const upload = body === undefined ? undefined : createUploadBody(body, watch, () => headersDue.begin());
  try {
    const dispatcher = await dispatchers.for(url, from);
    await givenBack.settled();
    if (upload === undefined) headersDue.begin();
    const response = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { ...headers, ...lengthOf(upload) },
      body: upload === undefined ? null : Readable.from(upload.bytes, { objectMode: false }),
      signal: stop.signal,
    });
    response.body.on("end", () => givenBack.ended());
    return responseOf(response, request, limits, release);
  } catch (error) {
    release();
    watch.stop();
    signal?.throwIfAborted();
    const failure = upload?.failure();
    if (failure !== undefined) throw failure.error;
    if (isRegistryError(error)) throw error;
    const inward = inwardAddressOf(error);
    throw inward === undefined ? networkError(host, error) : ledInside(from, inward);
  } finally {
    headersDue.end();
  }
}

function lengthOf(upload: UploadBody | undefined): Readonly<Record<string, string>> {
  return upload?.size === undefined ? {} : { "content-length": String(upload.size) };
}

function tooLate(host: string, ms: number): RegistryError {
  const message = `${host}: there was no whole answer within ${ms / 1000} seconds: try again later`;
  return new RegistryError("TimedOut", message, { host });
}

function tooSlow(host: string, does: "takes" | "sends", { rate }: TransferLimits): RegistryError {
  const message = `${host}: it ${does} fewer than ${rate.bytesPerSecond} bytes a second, for ${rate.windowMs / 1000} seconds: check the network, or try again later`;
  return new RegistryError("TimedOut", message, { host });
}

function ledInside({ host }: URL, cause: InwardAddressError): RegistryError {
  const message = `${host} leads this client to ${cause.message}, and further inside than ${host} itself is: nothing was sent there. If that is meant, use an inside name or address of the registry, too, or reach both through a proxy (HTTPS_PROXY)`;
  return new RegistryError("UnsafeRedirect", message, { host, cause });
}

function responseOf(
  response: Dispatcher.ResponseData,
  { url, signal }: HttpRequest,
  limits: TransferLimits,
  release: () => void,
): HttpResponse {
  const { body } = response;
  body.on("close", release);
  // A socket may break before anybody reads; the reader still gets the error from the iterator.
  body.on("error", () => {});
  return {
    status: response.statusCode,
    headers: joinHeaders(response.headers),
    url,
    body: readBody(body, url.host, limits, signal),
    cancel: () => void body.destroy(),
  };
}

async function* readBody(
  body: Dispatcher.ResponseData["body"],
  host: string,
  limits: TransferLimits,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const watch = watchRate(limits.rate, () => body.destroy(tooSlow(host, "sends", limits)));
  try {
    watch.wait();
    for await (const chunk of body as AsyncIterable<Buffer>) {
      watch.moved(chunk.length);
      signal?.throwIfAborted();
      yield chunk;
      watch.wait();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw isRegistryError(error) ? error : networkError(host, error);
  } finally {
    watch.stop();
    body.destroy();
  }
}

function joinHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): HttpHeaders {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}
