import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { sendFile } from "./file-response.js";
import type { SentBody } from "./file-response.js";

export interface RecordedRequest extends Readonly<SentBody> {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
}

export interface ArchiveServerOptions {
  /** Lets pages of other origins read, and see what they need to know of ranges (Fetch standard, "CORS protocol"). */
  readonly crossOrigin?: boolean;
}

export interface ArchiveServer {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** In the order in which they arrived. */
  readonly requests: readonly RecordedRequest[];
  /** The JSON that was posted to `/report`. */
  readonly report: Promise<unknown>;
  close(): Promise<void>;
}

const crossOriginHeaders = new Headers({
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "content-range, etag",
});

/** A server on a loopback port of its own, for the files below some directories: each under a path that ends in `/`. */
export async function startArchiveServer(
  directories: Readonly<Record<string, string>>,
  { crossOrigin = false }: ArchiveServerOptions = {},
): Promise<ArchiveServer> {
  const requests: RecordedRequest[] = [];
  let settle: (report: unknown) => void;
  const report = new Promise<unknown>((resolve) => {
    settle = resolve;
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", url = "/" } = request;
    // Resolves dots and leaves encoded slashes encoded: a path cannot lead out of its directory.
    const { pathname: path } = new URL(url, "http://127.0.0.1");
    const record = { method, path, range: request.headers.range, status: 404, bytes: 0 };
    requests.push(record);
    if (crossOrigin) response.setHeaders(crossOriginHeaders);
    const mount = Object.entries(directories).find(([prefix]) => path.startsWith(prefix));
    if (method === "POST" && path === "/report") {
      settle(JSON.parse(await text(request)));
      record.status = 204;
      response.writeHead(204).end();
    } else if (method === "OPTIONS" && crossOrigin) {
      record.status = 204;
      response.writeHead(204).end();
    } else if (method === "GET" && mount !== undefined) {
      const [prefix, directory] = mount;
      await sendFile(join(directory, path.slice(prefix.length)), request, response, record);
    } else {
      response.writeHead(404).end();
    }
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    report,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
