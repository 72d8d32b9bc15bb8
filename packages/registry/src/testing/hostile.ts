import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that accepts any credential once it gets one, and may do with it what it wants. */
export interface Hostile {
  /** `127.0.0.1:port` */
  readonly host: string;
  close(): void;
}

export interface HostileBehaviour {
  /** The challenge for `/v2/` without credentials. */
  readonly challenge: (host: string) => string;
  /** Answers with credentials in hand. */
  readonly registry: Behaviour;
  /** Answers requests for tokens: `/token`. */
  readonly tokens: Behaviour;
  /** Answers where it redirects to: `/storage/…`. */
  readonly storage: Behaviour;
}

export async function startHostile(behaviour: HostileBehaviour): Promise<Hostile> {
  const server = createServer((request, response) => {
    request.resume();
    const { url = "", headers } = request;
    if (url.startsWith("/token")) behaviour.tokens(request, response);
    else if (url.startsWith("/storage")) behaviour.storage(request, response);
    else if (headers.authorization !== undefined) behaviour.registry(request, response);
    else response.writeHead(401, { "www-authenticate": behaviour.challenge(host) }).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Answers with a status and what the distribution-spec calls an error, on one line. */
export function refuses(
  status: number,
  say: (request: IncomingMessage) => string,
  code = "DENIED",
): Behaviour {
  return (request, response) => {
    const message = say(request);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ errors: [{ code, message, detail: `in detail: ${message}` }] }));
  };
}

/** Answers with a status and a text or a page of its own. */
export function tells(
  status: number,
  contentType: string,
  say: (request: IncomingMessage) => string,
): Behaviour {
  return (request, response) => {
    response.writeHead(status, { "content-type": contentType });
    response.end(request.method === "HEAD" ? undefined : say(request));
  };
}

/** Answers with whatever bytes, which may be no HTTP at all, and hangs up. */
export function says(bytes: (request: IncomingMessage) => string): Behaviour {
  return (request) => {
    request.socket.end(bytes(request));
  };
}

/** Takes uploads as far as the bytes, which go to `location`. */
export function uploadsTo(location: string, bytes: Behaviour): Behaviour {
  return (request, response) => {
    if (request.method === "HEAD") response.writeHead(404).end();
    else if (request.method === "POST") response.writeHead(202, { location }).end();
    else bytes(request, response);
  };
}
