import type { Contains, IpAddress } from "./ip-address.js";
import { networks } from "./ip-address.js";
import type { HostZone } from "./zone.js";

/** 0.0.0.0 connects to this machine. So do :: and ::1, which are written like embedded addresses of its network. */
const loopback = networks("0.0.0.0/8", "127.0.0.0/8");

/** Also the addresses where machines of clouds that chose others find their credentials: Azure, Alibaba, Oracle, AWS, Google. */
const linkLocal4 = networks("169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32");
const linkLocal6 = networks("fe80::/10", "fd00:ec2::254/128", "fd20:ce::254/128");

/** What IANA's registry of special-purpose IPv4 addresses has that is nobody's public server; multicast and above. */
const notPublic4 = networks(
  "10.0.0.0/8",
  "100.64.0.0/10",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
);

/** Only these IPv6 addresses are given out, but for the special ones among them: protocols (Teredo), documentation. */
const global6 = networks("2000::/3");
const special6 = networks("2001::/23", "2001:db8::/32", "3fff::/20");

/** Addresses that stand for an IPv4 one, the first 16 bits of which are in the group at `at`. */
const embedding: readonly { readonly isForm: Contains; readonly at: number; readonly isPublic: boolean }[] = [
  // Compatible, mapped, translated (SIIT), NAT64, NAT64 of a network's own, 6to4.
  { isForm: networks("::/96"), at: 6, isPublic: true },
  { isForm: networks("::ffff:0:0/96"), at: 6, isPublic: true },
  { isForm: networks("::ffff:0:0:0/96"), at: 6, isPublic: true },
  { isForm: networks("64:ff9b::/96"), at: 6, isPublic: true },
  { isForm: networks("64:ff9b:1::/48"), at: 6, isPublic: false },
  { isForm: networks("2002::/16"), at: 1, isPublic: true },
];

/** The zone of an IP address. */
export function zoneOfAddress({ version, groups }: IpAddress): HostZone {
  if (version === 4) return zoneOf4(groups);
  const form = embedding.find(({ isForm }) => isForm(groups));
  if (form !== undefined) {
    const zone = zoneOf4(ipv4At(groups, form.at));
    return !form.isPublic && zone === "public" ? "private" : zone;
  }
  if (linkLocal6(groups)) return "link-local";
  return global6(groups) && !special6(groups) ? "public" : "private";
}

function zoneOf4(groups: readonly number[]): HostZone {
  if (loopback(groups)) return "loopback";
  if (linkLocal4(groups)) return "link-local";
  return notPublic4(groups) ? "private" : "public";
}

function ipv4At(groups: readonly number[], at: number): readonly number[] {
  const [high = 0, low = 0] = groups.slice(at, at + 2);
  return [high >> 8, high & 255, low >> 8, low & 255];
}
