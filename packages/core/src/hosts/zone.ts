/** How far inside a network a host is, from the outside in. */
const zones = ["public", "private", "link-local", "loopback"] as const;

/** Where a host is: anywhere, in a network of somebody's own, on this link only, or this machine itself. */
export type HostZone = (typeof zones)[number];

/** Counts from the outside in. */
export function depthOf(zone: HostZone): number {
  return zones.indexOf(zone);
}
