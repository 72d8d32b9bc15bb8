import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A server that is no registry. It ends with the test. */
export interface NoRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** `METHOD path` of all requests so far. */
  readonly requests: readonly string[];
}

export async function startNoRegistry(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<NoRegistry> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ""} ${request.url ?? ""}`);
    // Portals read what they are sent.
    request.resume();
    request.on("end", () => answer(request, response));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** Answers everything in the same way. */
export function always(
  status: number,
  contentType: string | undefined,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    response.writeHead(status, {
      ...(contentType === undefined ? {} : { "content-type": contentType }),
      ...(status === 204 ? {} : { "content-length": Buffer.byteLength(body) }),
      ...headers,
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}
