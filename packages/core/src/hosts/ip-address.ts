/** An IP address as its groups: four of 8 bits, or eight of 16. */
export type IpAddress =
  | { readonly version: 4; readonly groups: readonly number[] }
  | { readonly version: 6; readonly groups: readonly number[] };

const byte = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const decimal4 = new RegExp(String.raw`^(?:${byte}\.){3}${byte}$`, "u");

/**
 * Parses an address without brackets; undefined for whatever is none. IPv4 in four decimal numbers, as `URL` writes it, IPv6
 * in any spelling. The name of an interface (`%eth0`) says nothing about where the address is, and is left out.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (decimal4.test(text)) return { version: 4, groups: text.split(".").map(Number) };
  const [address = "", ...zone] = text.split("%");
  if (!address.includes(":") || !/^[\da-f:.]+$/iu.test(address) || zone.length > 1 || zone[0] === "")
    return undefined;
  try {
    // It writes each address in one way, and without dots.
    const { hostname } = new URL(`http://[${address}]/`);
    return { version: 6, groups: groupsOf(hostname.slice(1, -1)) };
  } catch {
    return undefined;
  }
}

/** The eight groups of an address as `URL` writes it. */
function groupsOf(text: string): readonly number[] {
  const [before = "", after = ""] = text.split("::");
  const numbers = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [start, end] = [numbers(before), numbers(after)];
  return [...start, ...Array.from({ length: 8 - start.length - end.length }, () => 0), ...end];
}

/** A network, or a list of them: whether an address of the same version is in it. */
export type Contains = (groups: readonly number[]) => boolean;

/** Parses networks, such as `10.0.0.0/8` or `fe80::/10`, all of one version. */
export function networks(...texts: readonly string[]): Contains {
  const all = texts.map((text) => {
    const [address = "", prefix = ""] = text.split("/");
    const parsed = parseIpAddress(address);
    if (parsed === undefined) throw new TypeError(`${text} is no network`);
    const width = parsed.version === 4 ? 8 : 16;
    return { groups: parsed.groups, prefix: Number(prefix), width };
  });
  return (groups) => all.some((network) => isWithin(groups, network));
}

function isWithin(
  groups: readonly number[],
  network: { readonly groups: readonly number[]; readonly prefix: number; readonly width: number },
): boolean {
  return groups.every((group, at) => {
    const bits = Math.min(network.width, Math.max(0, network.prefix - at * network.width));
    const ignored = network.width - bits;
    return group >> ignored === (network.groups[at] ?? 0) >> ignored;
  });
}
