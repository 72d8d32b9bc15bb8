import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Registry } from "../registry.js";
import type { UploadSessions } from "./upload-sessions.js";

/** One request on its way to an answer, with what all routes need. */
export interface Exchange {
  readonly registry: Registry;
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

/** Sends bytes as fast as the client takes them. A failure in the middle breaks the connection: it must not look whole. */
export async function replyStream(
  { response }: Exchange,
  status: number,
  headers: Headers,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  response.writeHead(status, headers);
  await pipeline(bytes, response);
}

/** For a method that a route does not have. */
export function replyMethodNotAllowed(exchange: Exchange, allow: string): void {
  replyError(exchange, 405, "UNSUPPORTED", `${exchange.method} is not possible here`, { allow });
}
