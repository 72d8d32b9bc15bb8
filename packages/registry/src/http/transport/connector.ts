import type { LookupFunction } from "node:net";
import { isIP } from "node:net";
import type { HostZone } from "@blob/core/hosts";
import type * as undiciModule from "undici";
import type { buildConnector } from "undici";
import { checkAddress, guardedLookup } from "./connection-guard.js";

export interface ConnectorOptions {
  readonly tls: buildConnector.BuildOptions;
  readonly lookup: LookupFunction;
  /** How far inside the connections may lead. Undefined: the user named the host, which may be anywhere. */
  readonly limit: HostZone | undefined;
  /** Told where each connection leads, before anything is sent over it. */
  readonly onConnected: (origin: string, address: string) => void;
}

/** Makes connections without a proxy, and none that leads further inside than it may. */
export function createConnector(
  undici: Pick<typeof undiciModule, "buildConnector">,
  { tls, lookup, limit, onConnected }: ConnectorOptions,
): buildConnector.connector {
  const connect = undici.buildConnector({
    ...tls,
    lookup: limit === undefined ? lookup : guardedLookup(lookup, limit),
  });
  return (options, callback) => {
    const { hostname, protocol, host = hostname } = options;
    try {
      if (limit !== undefined && isIP(hostname) !== 0) checkAddress(hostname, hostname, limit);
    } catch (refusal) {
      queueMicrotask(() => callback(errorOf(refusal), null));
      return;
    }
    connect(options, (error, socket) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      try {
        const { remoteAddress } = socket;
        if (remoteAddress === undefined) throw new Error("the connection was closed at once");
        if (limit !== undefined) checkAddress(hostname, remoteAddress, limit);
        onConnected(new URL(`${protocol}//${host}`).origin, remoteAddress);
      } catch (refusal) {
        socket.destroy();
        callback(errorOf(refusal), null);
        return;
      }
      callback(null, socket);
    });
  };
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("the connection failed", { cause: thrown });
}
