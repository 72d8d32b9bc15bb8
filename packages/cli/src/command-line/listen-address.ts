import { isIPv6 } from "node:net";
import { InvalidArgumentError } from "commander";
import { UsageError } from "../errors/usage-error.js";
import { portNumber } from "./flag-parsers.js";

/** Where a server of this command listens, as `--listen` says it. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number | undefined;
}

export interface ListenFlags {
  readonly listen?: ListenAddress;
  readonly port?: number;
}

export const listenHelp = "host, or host:port; 127.0.0.1 is this machine only (default: 127.0.0.1)";

/** `HOST`, `HOST:PORT`, `:PORT`, an IPv6 address with or, alone, without brackets. */
export function listenFlag(text: string): ListenAddress {
  if (isIPv6(text)) return { host: text, port: undefined };
  const [, inBrackets, name, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/su.exec(text) ?? [];
  const host = inBrackets ?? name;
  if (host === undefined || (inBrackets !== undefined && !isIPv6(inBrackets)) || /[\s/]/u.test(host)) {
    throw new InvalidArgumentError("It reads HOST or HOST:PORT, as in 127.0.0.1:5000 or [::1]:5000.");
  }
  return { host: host || "127.0.0.1", port: port === undefined ? undefined : portNumber(port) };
}

/** @throws UsageError when both flags name a port. */
export function listenAddress(
  { listen, port }: ListenFlags,
  defaultPort: number,
): { readonly host: string; readonly port: number } {
  if (listen?.port !== undefined && port !== undefined) {
    throw new UsageError("--listen and --port both name a port: leave one out");
  }
  return { host: listen?.host ?? "127.0.0.1", port: listen?.port ?? port ?? defaultPort };
}
