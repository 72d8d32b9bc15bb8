/** Docker Hub goes by many names; credentials stored under one of them are good for all. */
const dockerHub = "docker.io";
const dockerHubAliases: ReadonlySet<string> = new Set([
  dockerHub,
  "index.docker.io",
  "registry-1.docker.io",
  "registry.hub.docker.com",
]);

/** One name for every registry: lower case, and `docker.io` for Docker Hub. */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase();
  return dockerHubAliases.has(lower) ? dockerHub : lower;
}

/** The name under which docker, and therefore every credential helper, files a registry. */
export function helperServerUrl(host: string): string {
  const canonical = canonicalHost(host);
  return canonical === dockerHub ? "https://index.docker.io/v1/" : canonical;
}

/** A key of a credentials file, taken apart. */
export interface RegistryKey {
  /** Canonical. */
  readonly host: string;
  /** The namespace or repository that the credential is limited to; empty for the whole registry. */
  readonly path: string;
}

/** Reads `host`, `host:port`, `https://host/v1/` and `host/namespace/repository`. Never throws. */
export function parseRegistryKey(key: string): RegistryKey {
  const withoutScheme = key.trim().replace(/^https?:\/\//i, "");
  const slash = withoutScheme.indexOf("/");
  if (slash < 0) return { host: canonicalHost(withoutScheme), path: "" };
  const path = withoutScheme.slice(slash + 1).replace(/\/$/, "");
  // The API version that old clients wrote behind the host is no namespace.
  const isApiVersion = /^v[012]$/.test(path);
  return { host: canonicalHost(withoutScheme.slice(0, slash)), path: isApiVersion ? "" : path };
}
