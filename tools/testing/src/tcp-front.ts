import type { AddressInfo, Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import type { TlsOptions } from "node:tls";
import { createServer as createTlsServer } from "node:tls";

/** Something that hands connections through, as whoever ends TLS in front of a server does. */
export interface TcpFront {
  readonly port: number;
  /** `127.0.0.1:port`, as references name it. */
  readonly host: string;
  /** Breaks off what is under way, and frees the port. */
  close(): Promise<void>;
}

export interface TcpFrontOptions {
  /** With TLS, under this certificate. Default: as it comes. */
  readonly tls?: Pick<TlsOptions, "cert" | "key"> | undefined;
  /** Default 0: any free port. */
  readonly port?: number | undefined;
}

/** Listens in front of a server that speaks plainly. @param upstream `127.0.0.1:port` */
export async function startTcpFront(
  upstream: string,
  { tls, port = 0 }: TcpFrontOptions = {},
): Promise<TcpFront> {
  const sockets = new Set<Socket>();
  const pass = (socket: Socket): void => {
    const behind = connect(Number(upstream.split(":")[1]), "127.0.0.1");
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => sockets.delete(one));
      one.pipe(other);
    }
  };
  const server: Server = tls === undefined ? createServer(pass) : createTlsServer(tls, pass);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const listening = (server.address() as AddressInfo).port;
  return {
    port: listening,
    host: `127.0.0.1:${listening}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
