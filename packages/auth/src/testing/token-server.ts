import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { SendTokenRequest } from "../tokens/authenticator.js";

/** What the server was asked. */
export interface SeenRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

export interface Reply {
  readonly status?: number;
  /** Sent as JSON unless it is a string. */
  readonly body?: unknown;
}

export interface TokenServer {
  readonly realm: string;
  readonly seen: readonly SeenRequest[];
}

/** A token server on a loopback port, closed when the test is over. */
export async function startTokenServer(
  answer: (request: SeenRequest, count: number) => Reply | Promise<Reply>,
): Promise<TokenServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const one = await understand(request);
      seen.push(one);
      const { status = 200, body = {} } = await answer(one, seen.length);
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { realm: `http://127.0.0.1:${port}/token`, seen };
}

async function understand(request: IncomingMessage): Promise<SeenRequest> {
  return {
    method: request.method ?? "",
    query: new URL(request.url ?? "", "http://server").searchParams,
    authorization: request.headers.authorization,
    form: new URLSearchParams(await text(request)),
  };
}

/** Sends token requests as any client might. */
export const sendWithFetch: SendTokenRequest = async ({ url, method, headers, body }, { signal }) => {
  const response = await fetch(url, {
    method,
    headers,
    redirect: "error",
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { status: response.status, body: await response.text() };
};
