import { zoneOfAddress } from "./address-zone.js";
import { parseIpAddress } from "./ip-address.js";
import type { HostZone } from "./zone.js";
import { depthOf } from "./zone.js";

export type { HostZone } from "./zone.js";

/** Names that are only known inside a network: special-use domains, and those that will never be public ones. */
const privateSuffix = /\.(?:internal|intranet|local|localdomain|lan|home\.arpa|svc|corp|home|private)$/u;

/**
 * The zone of a host, as URLs, headers and resolvers write it, by its text alone: nothing is looked up. A public name may
 * still lead to a private address: that is for whoever connects.
 */
export function zoneOf(hostname: string): HostZone {
  const name = hostname
    .toLowerCase()
    .replace(/^\[|\]$/gu, "")
    .replace(/\.+$/u, "");
  const address = parseIpAddress(name);
  if (address !== undefined) return zoneOfAddress(address);
  if (name === "localhost" || name === "localhost.localdomain" || name.endsWith(".localhost"))
    return "loopback";
  // Cloud machines find their credentials there.
  if (name === "metadata.google.internal") return "link-local";
  return !name.includes(".") || privateSuffix.test(name) ? "private" : "public";
}

/** Whether a server in one zone could use a client to reach a place deeper inside the client's network. */
export function leadsInward(from: string, to: string): boolean {
  return isDeeper(zoneOf(to), zoneOf(from));
}

/** Whether a zone is further inside than another one. */
export function isDeeper(zone: HostZone, than: HostZone): boolean {
  return depthOf(zone) > depthOf(than);
}

/**
 * Whether a registry's `host` or `host:port` means this machine, by its text alone. Somebody else may answer for a name: that
 * is for whoever connects.
 */
export function isLoopbackHost(host: string): boolean {
  return URL.canParse(`https://${host}`) && zoneOf(new URL(`https://${host}`).hostname) === "loopback";
}

/**
 * Whether a URL's `hostname` is an address of this machine that only this machine can answer at. Not a name, which somebody
 * else could answer for.
 */
export function isLoopbackAddress(hostname: string): boolean {
  return hostname === "[::1]" || (hostname.startsWith("127.") && parseIpAddress(hostname)?.version === 4);
}
