import type { CredentialSource } from "../credential.js";
import { AuthError } from "../errors.js";
import { canonicalHost, parseRegistryKey } from "../registry-host.js";

/** Registries by `host` or `host:port`, or a function that lists them at each look-up. */
export type Hosts = readonly string[] | (() => readonly string[]);

/**
 * A source that is asked for these registries only: no other one, whoever leads there, gets to see what it has.
 *
 * Throws `InvalidCredential` for a text in a list that is no host; a look-up does for those of a function.
 *
 * @example
 * ```ts
 * const vault: CredentialSource = async ({ host }) => ({ credential: await readVault(host), source: "vault" });
 * const credentials = forHosts(["registry.acme.example"], vault);
 * ```
 */
export function forHosts(hosts: Hosts, source: CredentialSource): CredentialSource {
  const names = typeof hosts === "function" ? () => namesOf(hosts()) : always(namesOf(hosts));
  return async (target, options) =>
    names().has(canonicalHost(target.host)) ? source(target, options) : undefined;
}

function always<T>(value: T): () => T {
  return () => value;
}

function namesOf(hosts: readonly string[]): ReadonlySet<string> {
  return new Set(hosts.map(requireHost));
}

/**
 * The one name of a registry that somebody wrote down. A repository behind it is refused: to leave it out would give more
 * away than was meant.
 *
 * Throws `InvalidCredential`.
 */
export function requireHost(text: string): string {
  const { host, path } = parseRegistryKey(text);
  if (host !== "" && path === "" && !/[\s/@*]/u.test(host)) return host;
  const message = `a credential is for a registry, written host or host:port, and not for ${JSON.stringify(text)}`;
  throw new AuthError("InvalidCredential", message, { host });
}
