import type { Credential, CredentialSource, CredentialTarget } from "../credential.js";

/** What may be shown of a credential. */
export interface CredentialDescription {
  /** Where it came from: `environment`, a file's path, `docker-credential-pass`. */
  readonly source: string;
  /** What the registry would get: a user name and password, a ready token, or a token that is exchanged first. */
  readonly kind: Credential["kind"];
  /** The user name of a `basic` credential; undefined for the other kinds, which have none. */
  readonly username: string | undefined;
}

/**
 * Which credential would be used for a registry or repository, without its secret; undefined for none. Asks
 * the sources as a request would, helpers included, but no server: whether the registry accepts it remains to
 * be seen.
 *
 * @example
 * ```ts
 * const found = await describeCredential(defaultCredentials(), { host: "ghcr.io" });
 * console.log(found === undefined ? "anonymous" : `${found.kind} from ${found.source}`);
 * ```
 */
export async function describeCredential(
  credentials: CredentialSource,
  target: CredentialTarget,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<CredentialDescription | undefined> {
  const found = await credentials(target, options);
  if (found === undefined) return undefined;
  const { credential, source } = found;
  const username = credential.kind === "basic" ? credential.username : undefined;
  return { source, kind: credential.kind, username };
}
