import type { HostZone } from "@blob/core/hosts";
import { zoneOf } from "@blob/core/hosts";
import { outerOf } from "./connection-guard.js";

/** Which zones connections led to, by the origin that they were for. */
export interface ReachedZones {
  /** To be told before anything is sent: what answers on the connection speaks for no deeper zone. */
  readonly record: (origin: string, address: string) => void;
  /** The outermost zone that any connection to an origin led to; `public` when nothing is known. */
  readonly of: (origin: string) => HostZone;
}

/** A registry leads to a handful of places. A forgotten one counts as public, which may lead to the least. */
const maxOrigins = 1000;

/**
 * A name may have addresses in several zones, and change them: whoever was once reached outside may be there again, so that
 * it never counts as being inside any more.
 */
export function createReachedZones(): ReachedZones {
  const zones = new Map<string, HostZone>();
  return {
    record: (origin, address) => {
      const zone = zoneOf(address);
      const known = zones.get(origin);
      zones.set(origin, known === undefined ? zone : outerOf(known, zone));
      const [oldest] = zones.keys();
      if (zones.size > maxOrigins && oldest !== undefined) zones.delete(oldest);
    },
    of: (origin) => zones.get(origin) ?? "public",
  };
}
