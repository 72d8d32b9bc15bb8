import { BlockList, isIP } from "node:net";

/** How far inside a network a host is, from the outside in. */
const zones = ["public", "private", "link-local", "loopback"] as const;

export type HostZone = (typeof zones)[number];

const linkLocal = new BlockList();
linkLocal.addSubnet("169.254.0.0", 16);
linkLocal.addSubnet("fe80::", 10, "ipv6");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
// 0.0.0.0 and :: connect to this machine.
loopback.addSubnet("0.0.0.0", 8);
loopback.addAddress("::1", "ipv6");
loopback.addAddress("::", "ipv6");

const privateNetworks = new BlockList();
privateNetworks.addSubnet("10.0.0.0", 8);
privateNetworks.addSubnet("172.16.0.0", 12);
privateNetworks.addSubnet("192.168.0.0", 16);
// Carrier-grade NAT (RFC 6598), benchmarks (RFC 2544), unique local (RFC 4193).
privateNetworks.addSubnet("100.64.0.0", 10);
privateNetworks.addSubnet("198.18.0.0", 15);
privateNetworks.addSubnet("fc00::", 7, "ipv6");

/** Names that are only known inside a network: special-use domains, and names without a dot. */
const privateSuffixes = [".internal", ".local", ".lan", ".home.arpa"];

/** The zone of a URL's `hostname`, by its text alone: nothing is looked up. */
export function zoneOf(hostname: string): HostZone {
  const name = hostname
    .toLowerCase()
    .replace(/^\[|\]$/gu, "")
    .replace(/\.$/u, "");
  const family = isIP(name);
  if (family !== 0) return zoneOfAddress(name, family === 6 ? "ipv6" : "ipv4");
  if (name === "localhost" || name.endsWith(".localhost")) return "loopback";
  // Cloud machines find their credentials there.
  if (name === "metadata.google.internal") return "link-local";
  if (!name.includes(".") || privateSuffixes.some((suffix) => name.endsWith(suffix))) return "private";
  return "public";
}

/** Whether a server in one zone could use a client to reach a place deeper inside the client's network. */
export function leadsInward(from: string, to: string): boolean {
  return zones.indexOf(zoneOf(to)) > zones.indexOf(zoneOf(from));
}

function zoneOfAddress(address: string, family: "ipv4" | "ipv6"): HostZone {
  const embedded = family === "ipv6" ? embeddedIpv4(address) : undefined;
  if (embedded !== undefined) return zoneOfAddress(embedded, "ipv4");
  if (loopback.check(address, family)) return "loopback";
  if (linkLocal.check(address, family)) return "link-local";
  return privateNetworks.check(address, family) ? "private" : "public";
}

/** The IPv4 address inside a mapped (::ffff:0:0/96) or translated (64:ff9b::/96) one, as URL writes them. */
function embeddedIpv4(address: string): string | undefined {
  const match = /^(?:::ffff:|64:ff9b::)(?<high>[0-9a-f]{1,4}):(?<low>[0-9a-f]{1,4})$/u.exec(address)?.groups;
  if (match === undefined) return undefined;
  const high = Number.parseInt(match["high"] ?? "", 16);
  const low = Number.parseInt(match["low"] ?? "", 16);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
