/** How far inside a network a host is, from the outside in. */
const zones = ["public", "private", "link-local", "loopback"] as const;

export type HostZone = (typeof zones)[number];

export function depthOf(zone: HostZone): number {
  return zones.indexOf(zone);
}
