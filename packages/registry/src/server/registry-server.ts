import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { CatalogRegistry } from "../catalog.js";
import { RegistryError } from "../errors.js";
import { defaultMaxManifestBytes } from "../manifest/manifest-rules.js";
import type { Registry } from "../registry.js";
import { serveBlob } from "./blob-routes.js";
import { serveCatalog } from "./catalog-route.js";
import { replyFailure } from "./error-reply.js";
import type { Exchange, ServerLimits } from "./exchange.js";
import { reply, replyError, replyJson } from "./exchange.js";
import { serveManifest } from "./manifest-routes.js";
import { serveReferrers } from "./referrer-routes.js";
import type { Refusal, RequestGuard } from "./request-guard.js";
import { createRequestGuard } from "./request-guard.js";
import type { Route } from "./route.js";
import { parseRoute } from "./route.js";
import { serveTags } from "./tag-routes.js";
import { serveUpload, serveUploads } from "./upload-routes.js";
import { createUploadSessions } from "./upload-sessions.js";

/** What a server takes, and to whom it answers. */
export interface RegistryServerOptions {
  /** Refuse a larger manifest, in bytes. Default 4 MiB. */
  readonly maxManifestBytes?: number | undefined;
  /** Refuse a larger blob, in bytes. Default 64 GiB. */
  readonly maxBlobBytes?: number | undefined;
  /**
   * How many uploads may be unfinished at once. For one more, the one that was silent for longest is given up; when all are
   * at work, the answer is 429. Default 1000.
   */
  readonly maxUploads?: number | undefined;
  /** How many bytes all unfinished uploads together may have sent; likewise. Default 64 GiB, or the largest blob. */
  readonly maxUploadBytes?: number | undefined;
  /** After how many milliseconds without a request an unfinished upload is given up. Default one hour. */
  readonly maxUploadIdleMs?: number | undefined;
  /**
   * Where uploads in pieces are kept until they are whole: best on the disk of what is served, and for this server alone
   * or others of its kind. Listening removes from it what killed servers left. Default: a new temporary directory.
   */
  readonly uploadDirectory?: string | undefined;
  /**
   * Names and addresses of hosts, without ports, that the server answers to besides `localhost`, the loopback addresses and
   * the address that a connection arrives at: whatever else a request names as its host is refused, and so is what pages of
   * other sites have a browser send. Needed behind a proxy or a published port, and for names of this machine. Default none.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** What `GET /v2/_catalog` lists, such as `registry.repositories` of a layout. Default: it is not found. */
  readonly repositories?: CatalogRegistry["repositories"] | undefined;
}

/** Where a server listens. */
export interface ListenOptions {
  /** Default 0: any free port. */
  readonly port?: number | undefined;
  /** Default 127.0.0.1: this machine only, because nobody is asked for a password. */
  readonly host?: string | undefined;
}

/** A server that listens. `await using` closes it. */
export interface ListeningServer extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `127.0.0.1:port`, as references name it. */
  readonly host: string;
  /** Breaks off what is under way, waits until it has stopped, and frees the port. */
  close(): Promise<void>;
}

/** A server that is not listening yet. `await using` closes it. */
export interface RegistryServer extends AsyncDisposable {
  /** For a server of your own, with TLS or passwords in front of it. */
  readonly listener: RequestListener;
  /** Answers at a port until it is closed. Rejects with the error of Node when the port cannot be had. */
  listen(options?: ListenOptions): Promise<ListeningServer>;
  /** Waits for what is under way, and removes what unfinished uploads left; `close` of a listening server does it too. */
  close(): Promise<void>;
}

/** A connection that is silent for longer than this is gone. */
const silenceMs = 120_000;

const defaultMaxBlobBytes = 64 * 1024 ** 3;

/** Each may hold an upload's piece, or a part of a file. */
const maxConnections = 1000;

/** On every answer: what is stored here is anybody's, and a browser shall neither run it nor give it to other sites. */
const commonHeaders: Readonly<Record<string, string>> = {
  "docker-distribution-api-version": "registry/2.0",
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
};

/**
 * Any registry, served over HTTP as distribution-spec 1.1 has it: blobs are streamed in both directions. Everybody who
 * reaches it may read and write everything, except for web sites by way of somebody's browser.
 *
 * A 201 is sent when the registry behind it has stored what was sent, byte by byte what its digest says. With a layout
 * behind it, killing the process loses nothing that was answered so; a loss of power loses no manifest that was, nor what
 * it needs, but may lose a blob that no manifest needs yet.
 *
 * @example
 * ```ts
 * const server = await createRegistryServer(createMemoryRegistry()).listen({ port: 5000 });
 * console.log(`push to ${server.host}/acme/site:v1`);
 * await server.close();
 * ```
 * @throws RegistryError `InvalidArgument` for an allowed host that is none.
 */
export function createRegistryServer(
  registry: Registry,
  options: RegistryServerOptions = {},
): RegistryServer {
  const guard = createRequestGuard({ allowedHosts: options.allowedHosts });
  const active = new Set<Promise<void>>();
  const limits: ServerLimits = {
    manifestBytes: options.maxManifestBytes ?? defaultMaxManifestBytes,
    blobBytes: options.maxBlobBytes ?? defaultMaxBlobBytes,
  };
  const sessions = createUploadSessions(options.uploadDirectory, {
    count: options.maxUploads ?? 1000,
    bytes: options.maxUploadBytes ?? Math.max(defaultMaxBlobBytes, limits.blobBytes),
    idleMs: options.maxUploadIdleMs ?? 60 * 60 * 1000,
  });
  const listener: RequestListener = (request, response) => {
    const shared = { registry, repositories: options.repositories, sessions, limits };
    const serving = serve(guard, { ...shared, ...exchangeOf(request, response) });
    active.add(serving);
    void serving.finally(() => active.delete(serving));
  };
  const close = async (): Promise<void> => {
    await Promise.all(active);
    await sessions.close();
  };
  return {
    listener,
    async listen(where = {}) {
      await sessions.start();
      return listen(listener, where, close);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function exchangeOf(
  request: IncomingMessage,
  response: ServerResponse,
): Pick<Exchange, "request" | "body" | "response" | "method" | "query" | "signal"> {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort(new RegistryError("Network", "the client went away"));
  });
  const [, search = ""] = /\?(.*)$/su.exec(request.url ?? "") ?? [];
  const query = new URLSearchParams(search);
  // By itself, an iterator that is left would break the connection, and the answer that says why would not arrive.
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  const method = request.method ?? "GET";
  return { request, body, response, method, query, signal: controller.signal };
}

/** Never rejects: whatever goes wrong becomes an answer. */
async function serve(guard: RequestGuard, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const route = parseRoute((request.url ?? "/").split("?", 1)[0] ?? "/");
  try {
    for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
    const refusal = guard(request);
    if (refusal !== undefined) refuse(exchange, refusal);
    else if (route.kind === "problem") replyError(exchange, route.status, route.code, route.message);
    else await serveRoute(exchange, route);
  } catch (error) {
    if (route.kind === "problem") response.destroy();
    else replyFailure(exchange, route, error);
  } finally {
    // What nobody read of the request must not stand in the way of the next one on this connection.
    if (!request.readableEnded) request.resume();
  }
}

function refuse(exchange: Exchange, { status, message }: Refusal): void {
  // Clients take DENIED for a matter of credentials: a name that is not allowed is none.
  replyError(exchange, status, status === 421 ? "UNSUPPORTED" : "DENIED", message);
}

function serveRoute(exchange: Exchange, route: Route): Promise<void> | void {
  switch (route.kind) {
    case "base":
      return exchange.method === "HEAD" ? reply(exchange, 200) : replyJson(exchange, 200, {});
    case "catalog":
      return serveCatalog(exchange);
    case "manifest":
      return serveManifest(exchange, route);
    case "blob":
      return serveBlob(exchange, route);
    case "uploads":
      return serveUploads(exchange, route);
    case "upload":
      return serveUpload(exchange, route);
    case "tags":
      return serveTags(exchange, route);
    case "referrers":
      return serveReferrers(exchange, route);
  }
}

async function listen(
  listener: RequestListener,
  { port = 0, host = "127.0.0.1" }: ListenOptions,
  release: () => Promise<void>,
): Promise<ListeningServer> {
  // No limit for a whole request: large uploads take their time. Silence ends them.
  const server = createServer({ requestTimeout: 0 }, listener);
  server.setTimeout(silenceMs);
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("the server has no address");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await release();
  };
  return {
    url: `http://${name}:${address.port}`,
    host: `${name}:${address.port}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}
