import type { CredentialTarget } from "../credential.js";
import { parseRegistryKey } from "../registry-host.js";

/**
 * The keys of a credentials file that hold for a target, best first: the longest namespace, then the host
 * spelled exactly as in the reference, then the file's order. Namespaces (podman's
 * `host/namespace/repository`) count only where asked for.
 */
export function matchingKeys(
  keys: Iterable<string>,
  target: CredentialTarget,
  { namespaces }: { readonly namespaces: boolean },
): string[] {
  const { host } = parseRegistryKey(target.host);
  const repository = `${target.repository ?? ""}/`;
  const matches: { readonly key: string; readonly length: number; readonly exact: boolean }[] = [];
  for (const key of keys) {
    const { host: keyHost, path } = parseRegistryKey(key);
    if (keyHost !== host) continue;
    if (path !== "" && !(namespaces && repository.startsWith(`${path}/`))) continue;
    matches.push({ key, length: path.length, exact: key.startsWith(target.host) });
  }
  return matches
    .toSorted((a, b) => b.length - a.length || Number(b.exact) - Number(a.exact))
    .map(({ key }) => key);
}
