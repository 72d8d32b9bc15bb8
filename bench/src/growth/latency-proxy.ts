import { once } from "node:events";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";

export interface LatencyProxy {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** How many HTTP requests without a body have gone through it so far. */
  readonly requests: () => number;
  close(): void;
}

/** What may be on its way in one direction of a connection: as a socket's buffer, it bounds memory and not speed. */
const underway = 16 * 2 ** 20;

/**
 * A registry that is so far away: what a client sends, and what comes back, is held for half of the round trip each, and what
 * it says first for one round trip more, as connecting would take it. The way is as wide as loopback.
 */
export async function startLatencyProxy(registry: string, roundTrip: number): Promise<LatencyProxy> {
  const { hostname, port } = new URL(`http://${registry}`);
  const open = new Set<Socket>();
  let requests = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const end of [client, upstream]) {
      open.add(end);
      end.setNoDelay(true);
      end.on("error", () => end.destroy());
      end.on("close", () => open.delete(end));
    }
    const connected = performance.now() + roundTrip;
    client.on("data", (bytes: Buffer) => {
      requests += bytes.toString("latin1").match(/ HTTP\/1\.1\r\n/gu)?.length ?? 0;
    });
    carry(client, upstream, () => Math.max(0, connected - performance.now()) + roundTrip / 2);
    carry(upstream, client, () => roundTrip / 2);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    host: `127.0.0.1:${String(address.port)}`,
    requests: () => requests,
    close() {
      server.close();
      for (const end of open) end.destroy();
    },
  };
}

/** In the order in which it came: nothing overtakes what is held for longer. */
function carry(from: Socket, to: Socket, delay: () => number): void {
  let held = 0;
  const queue: { readonly due: number; readonly arrive: () => void }[] = [];
  const deliver = (): void => {
    for (let [next] = queue; next !== undefined; [next] = queue) {
      const wait = next.due - performance.now();
      if (wait > 0) {
        setTimeout(deliver, wait);
        return;
      }
      queue.shift();
      next.arrive();
    }
  };
  const later = (arrive: () => void): void => {
    queue.push({ due: performance.now() + delay(), arrive });
    // One timer, for the first in the queue: of two timers, the later one may come first.
    if (queue.length === 1) deliver();
  };
  from.on("data", (bytes: Buffer) => {
    held += bytes.length;
    if (held > underway) from.pause();
    later(() => {
      const arrived = (): void => {
        held -= bytes.length;
        if (held <= underway) from.resume();
      };
      if (to.destroyed) arrived();
      else to.write(bytes, arrived);
    });
  });
  from.on("end", () => later(() => to.end()));
  from.on("close", () => {
    if (from.errored !== null) to.destroy();
  });
}
