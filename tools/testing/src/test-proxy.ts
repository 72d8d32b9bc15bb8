import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createServer, request as startRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

/** A proxy on a loopback port that leads everything to one place, wherever it was meant to go. */
export interface TestProxy {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** What it was asked for: `GET http://host/path` or `CONNECT host:port`, then the value of `Proxy-Authorization`. */
  readonly asked: string[];
  /** Answers with this status instead. */
  refuse: number | undefined;
  close(): Promise<void>;
}

/** @param target The port on this machine that everything is led to. */
export async function startTestProxy(target = 0): Promise<TestProxy> {
  const asked: string[] = [];
  const open = new Set<Duplex>();
  const record = ({ method = "", url = "", headers }: IncomingMessage): void => {
    asked.push([method, url, headers["proxy-authorization"]].filter(Boolean).join(" "));
  };
  const server = createServer((request, response) => {
    record(request);
    if (proxy.refuse !== undefined) {
      response.writeHead(proxy.refuse, { "proxy-authenticate": "Basic realm=proxy" }).end();
      return;
    }
    const { pathname, search } = new URL(request.url ?? "");
    const { "proxy-authorization": _own, ...headers } = request.headers;
    const forwarded = startRequest(
      { port: target, host: "127.0.0.1", method: request.method, path: pathname + search, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    forwarded.on("error", () => response.destroy());
    request.pipe(forwarded);
  });
  server.on("connect", (request: IncomingMessage, socket: Duplex) => {
    record(request);
    open.add(socket);
    socket.on("error", () => socket.destroy());
    if (proxy.refuse !== undefined) {
      socket.end(`HTTP/1.1 ${String(proxy.refuse)} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(target, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    open.add(upstream);
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
  });
  const proxy: TestProxy = {
    host: "",
    asked,
    refuse: undefined,
    async close() {
      for (const one of open) one.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return Object.assign(proxy, { host: `127.0.0.1:${String(port)}` });
}
