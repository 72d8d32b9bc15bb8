import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";

export interface BreakingProxy {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** How many bytes clients have sent through it so far, headers included. */
  readonly bytesSent: () => number;
  /** How many connections it has reset. */
  readonly resets: () => number;
  close(): void;
}

/** Hands connections on to another place, and resets the one that carries byte `breakAt` of all that was sent. Once. */
export async function startBreakingProxy(target: string, breakAt: number): Promise<BreakingProxy> {
  const { hostname, port } = new URL(`http://${target}`);
  const open = new Set<Socket>();
  let sent = 0;
  let resets = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const end of [client, upstream]) {
      open.add(end);
      end.on("error", () => end.destroy());
      end.on("close", () => {
        open.delete(end);
        (end === client ? upstream : client).destroy();
      });
    }
    client.on("data", (bytes: Buffer) => {
      sent += bytes.length;
      if (resets > 0 || sent < breakAt) return;
      resets += 1;
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    });
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    host: `127.0.0.1:${String(address.port)}`,
    bytesSent: () => sent,
    resets: () => resets,
    close() {
      server.close();
      for (const end of open) end.destroy();
    },
  };
}
