import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { isIP } from "node:net";
import type { HostZone } from "@blob/core/hosts";
import { isDeeper, zoneOf } from "@blob/core/hosts";

/** A connection that was not made, or not used: it leads further inside than whoever named the host may lead. */
export class InwardAddressError extends Error {
  override readonly name = "InwardAddressError";
  readonly code = "ERR_INWARD_ADDRESS";
  readonly host: string;
  readonly address: string;

  constructor(host: string, address: string) {
    super(`${host} at ${address}, which is ${describe(zoneOf(address))}`);
    this.host = host;
    this.address = address;
  }
}

function describe(zone: HostZone): string {
  switch (zone) {
    case "public":
      return "public";
    case "private":
      return "inside of the network that this client runs in";
    case "link-local":
      return "a service for this machine alone";
    case "loopback":
      return "this machine itself";
  }
}

/**
 * Refuses an address that is deeper inside than a limit. A host that is an address in its URL never gets to a look-up: it
 * is for whoever connects to ask here.
 */
export function checkAddress(host: string, address: string, limit: HostZone): void {
  if (isDeeper(zoneOf(address), limit)) throw new InwardAddressError(host, address);
}

/** The one of two zones that is further outside. */
export function outerOf(one: HostZone, other: HostZone): HostZone {
  return isDeeper(one, other) ? other : one;
}

/**
 * Looks names up for a connection. The addresses that were looked at are those that it goes to: it asks nobody again. One
 * address that is too deep inside spoils the answer, whichever of them would have been tried first.
 */
export function guardedLookup(lookup: LookupFunction, limit: HostZone): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error !== null) {
        callback(error, [], family);
        return;
      }
      const addresses = listOf(found);
      try {
        for (const { address } of addresses) checkAddress(hostname, address, limit);
      } catch (refusal) {
        callback(refusal instanceof Error ? refusal : new Error("the look-up failed"), []);
        return;
      }
      const [first] = addresses;
      if (first === undefined) callback(notFound(hostname), []);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** A resolver may give one address although it was asked for all. What is no address would be looked up again. */
function listOf(found: string | LookupAddress[]): LookupAddress[] {
  const all = typeof found === "string" ? [{ address: found, family: isIP(found) }] : found;
  return all.filter(({ address }) => isIP(address) !== 0);
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address`), { code: "ENOTFOUND" });
}

/** What was wrong with the address, when an error is about that: undici may wrap what a connection failed with. */
export function inwardAddressOf(error: unknown): InwardAddressError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (cause instanceof InwardAddressError) return cause;
  }
  return undefined;
}
