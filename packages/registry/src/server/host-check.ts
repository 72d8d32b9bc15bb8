import type { IncomingMessage } from "node:http";
import { isIPv6 } from "node:net";
import { zoneOf } from "@blob/core/hosts";
import { RegistryError } from "../errors.js";
import { messageText } from "@blob/core/text";

/** Whether a request was meant for this server, by the name that its sender used. */
export type HostCheck = (request: IncomingMessage) => boolean;

const hostPattern = /^(?<name>\[[0-9a-f:.]+\]|[a-z0-9._-]{1,255})(?::\d{1,5})?$/iu;

/**
 * Any web site can have its own name resolved to the address of this server, and then do all that a visitor's browser can
 * reach in the name of that site (DNS rebinding); the `Host` header keeps the site's name. So only these are answered:
 * names and addresses of the loopback interface, which nobody else can own, the address that the connection arrived at,
 * and the names that whoever runs the server allows.
 *
 * @throws RegistryError `InvalidArgument` for what is not the name of a host, or has a port.
 */
export function createHostCheck(allowedHosts: readonly string[] = []): HostCheck {
  const allowed = new Set(allowedHosts.map(allowedName));
  return ({ headersDistinct, socket }) => {
    const [written, ...more] = headersDistinct["host"] ?? [];
    const name = written === undefined || more.length > 0 ? undefined : nameIn(written);
    if (name === undefined) return false;
    return zoneOf(name) === "loopback" || allowed.has(name) || name === addressName(socket.localAddress);
  };
}

function allowedName(text: string): string {
  const bare = isIPv6(text) ? `[${text}]` : text;
  const name = /:\d+$/u.test(bare) ? undefined : nameIn(bare);
  if (name !== undefined) return name;
  const message = `"${messageText(text)}" cannot be an allowed host: it has to be a name or an address, without a port`;
  throw new RegistryError("InvalidArgument", message);
}

/** The one spelling of a `Host`, without port; undefined when it is none. */
function nameIn(host: string): string | undefined {
  const name = hostPattern.exec(host)?.groups?.["name"];
  if (name === undefined || !URL.canParse(`http://${name}/`)) return undefined;
  return new URL(`http://${name}/`).hostname.replace(/\.$/u, "");
}

/** How a `Host` header has an address of a socket. */
function addressName(address: string | undefined): string | undefined {
  // Of an IPv4 connection to a socket for both, and without the interface of a link-local one.
  const plain = address?.replace(/^::ffff:(?=\d+\.)/iu, "").replace(/%.*$/u, "");
  if (plain === undefined) return undefined;
  return nameIn(isIPv6(plain) ? `[${plain}]` : plain);
}
