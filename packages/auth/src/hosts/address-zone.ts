import { BlockList, isIPv4 } from "node:net";
import type { HostZone } from "./zone.js";

type Network = readonly [address: string, prefix: number];

function listOf(ipv4: readonly Network[], ipv6: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ipv4) list.addSubnet(address, prefix, "ipv4");
  for (const [address, prefix] of ipv6) list.addSubnet(address, prefix, "ipv6");
  return list;
}

/** 0.0.0.0 connects to this machine. So do :: and ::1, which are written like embedded addresses of its network. */
const loopback = listOf(
  [
    ["0.0.0.0", 8],
    ["127.0.0.0", 8],
  ],
  [],
);

/** Also the addresses where machines of clouds that chose others find their credentials: Azure, Alibaba, Oracle, AWS, Google. */
const linkLocal = listOf(
  [
    ["169.254.0.0", 16],
    ["168.63.129.16", 32],
    ["100.100.100.200", 32],
    ["192.0.0.192", 32],
  ],
  [
    ["fe80::", 10],
    ["fd00:ec2::254", 128],
    ["fd20:ce::254", 128],
  ],
);

/** What IANA's registry of special-purpose IPv4 addresses has that is nobody's public server; multicast and above. */
const notPublic4 = listOf(
  [
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["192.88.99.0", 24],
    ["192.168.0.0", 16],
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
    ["224.0.0.0", 3],
  ],
  [],
);

/** Only these IPv6 addresses are given out, but for the special ones among them: protocols (Teredo), documentation. */
const global6 = listOf([], [["2000::", 3]]);
const special6 = listOf(
  [],
  [
    ["2001::", 23],
    ["2001:db8::", 32],
    ["3fff::", 20],
  ],
);

/** Addresses that stand for an IPv4 one, the first 16 bits of which are in the group at `at`. */
const embedding: readonly { readonly prefix: BlockList; readonly at: number; readonly isPublic: boolean }[] =
  [
    // Compatible, mapped, translated (SIIT), NAT64, NAT64 of a network's own, 6to4.
    { prefix: listOf([], [["::", 96]]), at: 6, isPublic: true },
    { prefix: listOf([], [["::ffff:0:0:0", 96]]), at: 6, isPublic: true },
    { prefix: listOf([], [["64:ff9b::", 96]]), at: 6, isPublic: true },
    { prefix: listOf([], [["64:ff9b:1::", 48]]), at: 6, isPublic: false },
    { prefix: listOf([], [["2002::", 16]]), at: 1, isPublic: true },
  ];

/** The zone of an IP address in any spelling, without brackets. */
export function zoneOfAddress(address: string): HostZone {
  if (isIPv4(address)) return zoneOf4(address);
  // URL writes each address in one way; the name of an interface is no part of it.
  const { hostname } = new URL(`http://[${address.replace(/%.*/u, "")}]/`);
  const text = hostname.slice(1, -1);
  const groups = groupsOf(text);
  if (/^::ffff:[0-9a-f]+:[0-9a-f]+$/u.test(text)) return zoneOf4(ipv4At(groups, 6));
  const form = embedding.find(({ prefix }) => prefix.check(text, "ipv6"));
  if (form !== undefined) {
    const zone = zoneOf4(ipv4At(groups, form.at));
    return !form.isPublic && zone === "public" ? "private" : zone;
  }
  if (linkLocal.check(text, "ipv6")) return "link-local";
  return global6.check(text, "ipv6") && !special6.check(text, "ipv6") ? "public" : "private";
}

function zoneOf4(address: string): HostZone {
  if (loopback.check(address, "ipv4")) return "loopback";
  if (linkLocal.check(address, "ipv4")) return "link-local";
  return notPublic4.check(address, "ipv4") ? "private" : "public";
}

/** The eight groups of an address as URL writes it. */
function groupsOf(text: string): readonly number[] {
  const [before = "", after = ""] = text.split("::");
  const numbers = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [start, end] = [numbers(before), numbers(after)];
  return [...start, ...Array.from({ length: 8 - start.length - end.length }, () => 0), ...end];
}

function ipv4At(groups: readonly number[], at: number): string {
  const [high = 0, low = 0] = groups.slice(at, at + 2);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
