import { createHash, randomUUID } from "node:crypto";
import process from "node:process";
import type { HttpRegistryOptions, Registry } from "@blob/registry";

/** How a registry is reached. */
export interface TrustDomainOptions extends Pick<HttpRegistryOptions, "tls" | "transport"> {
  readonly plainHttp: boolean;
}

/**
 * Names who vouches for what a registry says: begins every key under which something is kept, or shared, that no digest
 * verifies (where tags point, lists of referrers, ranges of blobs). Two ways to the same host are two domains when
 * somebody could speak for it on the one and not on the other: plain HTTP, TLS that is not verified, other authorities,
 * another client certificate, a transport of the caller's. The authorities that the machine trusts are all one, and a
 * proxy changes nothing: it sees no more of TLS than anybody in between.
 *
 * @param host As references name it.
 */
export function trustDomainOf(host: string, { plainHttp, tls = {}, transport }: TrustDomainOptions): string {
  const own = transport === undefined ? [] : ["own transport"];
  if (plainHttp) return joined(`http://${host}`, own);
  // What Node does with it is to verify nothing.
  const isUnverified = tls.insecure === true || process.env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0";
  const authorities = [tls.ca, process.env["NODE_EXTRA_CA_CERTS"]].map((one) =>
    one === "" ? undefined : one,
  );
  return joined(`https://${host}`, [
    ...own,
    ...(isUnverified ? ["unverified"] : []),
    ...(authorities.some((one) => one !== undefined) ? [`authorities ${fingerprintOf(authorities)}`] : []),
    // Never the key: a fingerprint of it would be kept with every entry.
    ...(tls.certificate === undefined ? [] : [`certificate ${fingerprintOf([tls.certificate.cert])}`]),
  ]);
}

const ownDomains = new WeakMap<Registry, string>();

/**
 * The domain of a registry that the caller gave: nobody else speaks for it, and it is not known to be the same one when
 * the process is started again. So nothing but what a digest verifies is found by others in a cache that is shared.
 */
export function ownTrustDomain(host: string, registry: Registry): string {
  const known = ownDomains.get(registry) ?? randomUUID();
  ownDomains.set(registry, known);
  return joined(`own://${host}`, [known]);
}

/** A host has neither spaces nor brackets, so that no host can look like the rest. */
function joined(origin: string, marks: readonly string[]): string {
  return marks.length === 0 ? origin : `${origin} [${marks.join(", ")}]`;
}

function fingerprintOf(texts: readonly (string | undefined)[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}
