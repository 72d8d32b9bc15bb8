import type { IncomingMessage, ServerResponse } from "node:http";
import { borrow } from "../borrowed-bytes.js";
import type { CatalogRegistry } from "../catalog.js";
import type { Registry } from "../registry.js";
import type { UploadSessions } from "./upload-sessions.js";

/** One request on its way to an answer, with what all routes need. */
export interface Exchange {
  readonly registry: Registry;
  /** Undefined: they are not listed. */
  readonly repositories: CatalogRegistry["repositories"] | undefined;
  readonly sessions: UploadSessions;
  readonly limits: ServerLimits;
  readonly request: IncomingMessage;
  /** Of the request. Comes once; who leaves it in the middle can still answer. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly response: ServerResponse;
  readonly method: string;
  readonly query: URLSearchParams;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

export interface ServerLimits {
  /** The largest manifest that is taken, in bytes. */
  readonly manifestBytes: number;
  /** The largest blob that is taken, in bytes. */
  readonly blobBytes: number;
}

type Headers = Readonly<Record<string, string | number>>;

export function reply({ response }: Exchange, status: number, headers: Headers = {}): void {
  response.writeHead(status, { "content-length": 0, ...headers }).end();
}

export function replyJson(
  { response, method }: Exchange,
  status: number,
  json: unknown,
  headers: Headers = {},
): void {
  const body = Buffer.from(JSON.stringify(json));
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": body.length,
    ...headers,
  });
  response.end(method === "HEAD" ? undefined : body);
}

/** An error as the specification has it. */
export function replyError(
  exchange: Exchange,
  status: number,
  code: string,
  message: string,
  headers?: Headers,
): void {
  replyJson(exchange, status, { errors: [{ code, message }] }, headers);
}

/**
 * Sends bytes as fast as the client takes them: a chunk is asked for when the system has the one before. A failure in the
 * middle breaks the connection: it must not look whole.
 */
export async function replyStream(
  { response }: Exchange,
  status: number,
  headers: Headers,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  response.writeHead(status, headers);
  const gone = new Promise<void>((resolve) => response.once("close", resolve));
  try {
    for await (const chunk of borrow(bytes)) {
      // A connection that closes does not always say so to those who wait for their turn on it.
      await Promise.race([gone, written(response, chunk)]);
      if (response.closed) return;
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}

/** Resolves when the system has the bytes: their memory may be used for others. */
function written(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** For a method that a route does not have. */
export function replyMethodNotAllowed(exchange: Exchange, allow: string): void {
  replyError(exchange, 405, "UNSUPPORTED", `${exchange.method} is not possible here`, { allow });
}
