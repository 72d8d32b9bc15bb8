import { BlockList, isIP } from "node:net";

/** Addresses that mean something else, or somebody else's machine, depending on who asks. */
const privateAddresses = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const) {
  privateAddresses.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  ["::", 127],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  privateAddresses.addSubnet(network, prefix, "ipv6");
}

const privateSuffix = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home\.arpa)$/;

/**
 * Whether a URL's host is loopback, link-local, private or not a public name at all (`registry`,
 * `auth.internal`). Judged by the name alone: what a public name resolves to is for whoever connects.
 */
export function isPrivateHost({ hostname }: URL): boolean {
  const name = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const version = isIP(name);
  if (version !== 0) return privateAddresses.check(name, version === 4 ? "ipv4" : "ipv6");
  return !name.includes(".") || privateSuffix.test(name);
}
