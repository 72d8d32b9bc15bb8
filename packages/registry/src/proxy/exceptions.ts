import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";

const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/**
 * The entry of a `NO_PROXY` list that a URL is reached directly for; undefined when there is none. Entries are separated
 * by commas or white space, and read as curl and Go read them:
 *
 * - `*`: everything
 * - `example.com`, `.example.com`: this domain and what is below it; `*.example.com`: only what is below it
 * - `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`: this address
 * - `192.0.2.0/24`, `2001:db8::/32`: addresses of this network
 * - any of these but a network with `:port`, an IPv6 address then in brackets: only at this port
 *
 * Names are compared as text, and nothing is looked up: a network does not match names. What cannot be read matches
 * nothing.
 */
export function exceptionFor(url: URL, exceptions: string): string | undefined {
  const target = targetOf(url);
  return exceptions.split(/[\s,]+/u).find((entry) => entry !== "" && matches(entry, target));
}

interface Target {
  /** A name, or an address without brackets. */
  readonly host: string;
  /** 4, 6, or 0 for a name. */
  readonly family: number;
  readonly port: string;
}

function targetOf({ hostname, port, protocol }: URL): Target {
  const host = bare(hostname).toLowerCase().replace(/\.$/u, "");
  return { host, family: isIP(host), port: port === "" ? (defaultPorts[protocol] ?? "") : port };
}

function matches(entry: string, target: Target): boolean {
  const network = /^(?<address>[^/]+)\/(?<bits>\d{1,3})$/u.exec(entry)?.groups;
  if (network !== undefined) return isWithin(target, bare(network["address"] ?? ""), Number(network["bits"]));
  const { host, port } = splitPort(entry);
  if (port !== undefined && Number(port) !== Number(target.port)) return false;
  if (host === "*") return true;
  const address = bare(host);
  // Whole addresses only: `0.0.1` is not the domain of 10.0.0.1.
  if (isIP(address) !== 0) return isWithin(target, address, isIP(address) === 4 ? 32 : 128);
  return target.family === 0 && isInDomain(target.host, host);
}

/** What is after the last colon, unless the colons are those of an IPv6 address. */
function splitPort(entry: string): { readonly host: string; readonly port: string | undefined } {
  const [, host, port] = /^([^:]*|\[.*\]):(\d+)$/u.exec(entry) ?? [];
  return host === undefined ? { host: entry, port: undefined } : { host, port };
}

function isWithin({ host, family }: Target, address: string, bits: number): boolean {
  const version = isIP(address);
  // Zones, as in fe80::1%eth0, are not part of URLs.
  if (
    family === 0 ||
    version === 0 ||
    (family === 4 && version === 6) ||
    address.includes("%") ||
    bits > (version === 4 ? 32 : 128)
  )
    return false;
  const network = new BlockList();
  network.addSubnet(address, bits, version === 4 ? "ipv4" : "ipv6");
  // IPv4 addresses that are written as IPv6 ones (::ffff:0:0/96) are the same to it.
  return network.check(host, family === 4 ? "ipv4" : "ipv6");
}

function isInDomain(host: string, entry: string): boolean {
  const onlyBelow = entry.startsWith("*.");
  const name = domainToASCII(entry.replace(/^\*?\./u, "").replace(/\.$/u, ""));
  if (name === "") return false;
  return host.endsWith(`.${name}`) || (!onlyBelow && host === name);
}

function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/u, "$1");
}
