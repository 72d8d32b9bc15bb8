import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { isRegistryError, RegistryError } from "../errors.js";
import type { ConnectionOptions, Dispatchers } from "./dispatcher.js";
import { createDispatchers } from "./dispatcher.js";
import type { FollowedSignal } from "./abort-listeners.js";
import { followSignal } from "./abort-listeners.js";
import type { Handler, HttpBody, HttpHeaders, HttpRequest, HttpResponse } from "./handler.js";
import type { InwardAddressError } from "./connection-guard.js";
import { inwardAddressOf } from "./connection-guard.js";
import { fenceInterimAnswers } from "./interim-answers.js";
import { networkError } from "./network-error.js";

/** A handler that owns connections. */
export interface Transport {
  readonly handle: Handler;
  /** Closes the connections; what is still under way fails. */
  close(): Promise<void>;
}

/**
 * Sends requests with undici: HTTP/1.1 with keep-alive, bodies streamed both ways, back-pressure kept.
 *
 * @param registryOrigin Gets the client certificate, and the leniency of `insecure`; no other origin does.
 */
export function createUndiciTransport(registryOrigin: string, options: ConnectionOptions = {}): Transport {
  const dispatchers = createDispatchers(registryOrigin, options);
  const registry = new URL(registryOrigin);
  const fence = fenceInterimAnswers();
  return {
    handle(request) {
      fence.expect(request.url.host);
      return send(dispatchers, request, request.from ?? registry);
    },
    async close() {
      fence.remove();
      await dispatchers.close();
    },
  };
}

async function send(dispatchers: Dispatchers, request: HttpRequest, from: URL): Promise<HttpResponse> {
  const { method, url, headers, signal } = request;
  signal?.throwIfAborted();
  const upload = request.body === undefined ? undefined : createUpload(request.body);
  const followed = signal === undefined ? undefined : followSignal(signal);
  try {
    const dispatcher = await dispatchers.for(url, from);
    const response = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method,
      headers: { ...headers, ...(upload === undefined ? {} : { "content-length": String(upload.size) }) },
      body: upload === undefined ? null : Readable.from(upload.bytes, { objectMode: false }),
      signal: followed?.signal ?? null,
    });
    return responseOf(response, request, followed);
  } catch (error) {
    followed?.release();
    signal?.throwIfAborted();
    const failure = upload?.failure();
    if (failure !== undefined) throw failure.error;
    if (isRegistryError(error)) throw error;
    const inward = inwardAddressOf(error);
    throw inward === undefined ? networkError(url.host, error) : ledInside(from, inward);
  }
}

function ledInside({ host }: URL, cause: InwardAddressError): RegistryError {
  const message = `${host} leads this client to ${cause.message}, and further inside than ${host} itself is: nothing was sent there. If that is meant, use an inside name or address of the registry, too, or reach both through a proxy (HTTPS_PROXY)`;
  return new RegistryError("UnsafeRedirect", message, { host, cause });
}

function responseOf(
  response: Dispatcher.ResponseData,
  { url, signal }: HttpRequest,
  followed: FollowedSignal | undefined,
): HttpResponse {
  const { body } = response;
  body.on("close", () => followed?.release());
  // A socket may break before anybody reads; the reader still gets the error from the iterator.
  body.on("error", () => {});
  return {
    status: response.statusCode,
    headers: joinHeaders(response.headers),
    url,
    body: readBody(body, url.host, signal),
    cancel: () => void body.destroy(),
  };
}

async function* readBody(
  body: Dispatcher.ResponseData["body"],
  host: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      yield chunk;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw networkError(host, error);
  } finally {
    body.destroy();
  }
}

interface Upload {
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What went wrong with the bytes, as opposed to the connection. */
  failure(): { readonly error: unknown } | undefined;
}

/** The bytes of an upload, held to the size that was announced: HTTP cannot take back a Content-Length. */
function createUpload({ open, size }: HttpBody): Upload {
  let failure: { readonly error: unknown } | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    let sent = 0;
    try {
      for await (const chunk of open()) {
        sent += chunk.length;
        if (sent > size) throw wrongSize(`more than`, size);
        if (chunk.length > 0) yield chunk;
      }
      if (sent < size) throw wrongSize(`${sent} of`, size);
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  return { size, bytes: bytes(), failure: () => failure };
}

function wrongSize(got: string, size: number): RegistryError {
  return new RegistryError(
    "InvalidArgument",
    `the bytes to upload are not those announced: got ${got} ${size} bytes`,
  );
}

function joinHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): HttpHeaders {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}
