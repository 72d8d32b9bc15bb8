import { createHash, randomUUID } from "node:crypto";
import process from "node:process";
import { isLoopbackHost } from "@blob/core/hosts";
import type { HttpMirrorOptions, HttpRegistryOptions, Registry } from "@blob/registry";

/** How a registry is reached. */
export interface TrustDomainOptions extends Pick<HttpRegistryOptions, "tls" | "transport"> {
  readonly plainHttp: boolean | undefined;
  /** Where else its answers may come from, and how. */
  readonly mirrors?: readonly HttpMirrorOptions[] | undefined;
}

/**
 * Names who can answer for a registry, given how it is reached. Cache keys of everything that no digest verifies (where
 * tags point, lists of referrers, ranges of blobs) begin with it, so that answers obtained over one way are not used
 * over a safer one.
 *
 * Two ways to a host are different domains if somebody could answer on one and not on the other: plain HTTP, TLS
 * without verification, TLS or plain HTTP as it turns out, other certificate authorities, another client certificate, a transport of the caller's. The
 * machine's own authorities count as one set. A proxy makes no difference: it sees no more of TLS than anybody else on
 * the way. Mirrors answer for a part of what is asked: a registry with others is another domain.
 *
 * @param host As references name it.
 */
export function trustDomainOf(
  host: string,
  { plainHttp, tls = {}, transport, mirrors = [] }: TrustDomainOptions,
): string {
  const own = [
    ...(transport === undefined ? [] : ["own transport"]),
    ...(mirrors.length === 0 ? [] : [`mirrors ${fingerprintOf(mirrors.map(describeMirror))}`]),
  ];
  if (plainHttp === true) return joined(`http://${host}`, own);
  // Before anything was sent nobody knows which of the two it will be.
  const scheme = plainHttp === undefined && isLoopbackHost(host) ? "https-or-http" : "https";
  // Node verifies no certificate when this variable is 0.
  const isUnverified = tls.insecure === true || process.env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0";
  const authorities = [tls.ca, process.env["NODE_EXTRA_CA_CERTS"]].map((one) =>
    one === "" ? undefined : one,
  );
  return joined(`${scheme}://${host}`, [
    ...own,
    ...(isUnverified ? ["unverified"] : []),
    ...(authorities.some((one) => one !== undefined) ? [`authorities ${fingerprintOf(authorities)}`] : []),
    // Only the certificate: a fingerprint of the private key would be stored with every entry.
    ...(tls.certificate === undefined ? [] : [`certificate ${fingerprintOf([tls.certificate.cert])}`]),
  ]);
}

/** Ranges and, from some, tags come from there unverified. */
function describeMirror({ host, prefix, tags, plainHttp, tls }: HttpMirrorOptions): string {
  return JSON.stringify([host, prefix, tags, plainHttp, tls?.insecure, tls?.ca, tls?.certificate?.cert]);
}

const ownDomains = new WeakMap<Registry, string>();

/**
 * The domain of a registry object that the caller gave: different for each object and process, since nothing tells that
 * two of them have the same content. So in a shared cache only what a digest verifies is found by others.
 */
export function ownTrustDomain(host: string, registry: Registry): string {
  const known = ownDomains.get(registry) ?? randomUUID();
  ownDomains.set(registry, known);
  return joined(`own://${host}`, [known]);
}

/** Hosts have neither spaces nor brackets, so that no host can imitate what follows it. */
function joined(origin: string, marks: readonly string[]): string {
  return marks.length === 0 ? origin : `${origin} [${marks.join(", ")}]`;
}

function fingerprintOf(texts: readonly (string | undefined)[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}
