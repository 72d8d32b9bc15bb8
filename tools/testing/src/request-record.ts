import type { IncomingMessage, ServerResponse } from "node:http";

/** One request as a server saw it. Status and bytes are those so far: look when the client has its answer. */
export interface RequestRecord {
  /** Which of a test registry's two servers it reached. */
  readonly server: "registry" | "storage";
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** The client's port: requests over one connection have the same. */
  readonly connection: number | undefined;
  readonly status: number;
  /** Of the body. */
  readonly bytesSent: number;
}

/** Watches an exchange without changing it. */
export function recordRequest(
  server: RequestRecord["server"],
  request: IncomingMessage,
  response: ServerResponse,
): RequestRecord {
  let bytesSent = 0;
  const count = (chunk: unknown): void => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) bytesSent += chunk.length;
  };
  const write = response.write.bind(response) as (...parts: unknown[]) => boolean;
  const end = response.end.bind(response) as (...parts: unknown[]) => ServerResponse;
  response.write = (...parts: unknown[]) => {
    count(parts[0]);
    return write(...parts);
  };
  response.end = (...parts: unknown[]) => {
    count(parts[0]);
    return end(...parts);
  };
  return {
    server,
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    connection: request.socket.remotePort,
    get status() {
      return response.statusCode;
    },
    get bytesSent() {
      return bytesSent;
    },
  };
}
