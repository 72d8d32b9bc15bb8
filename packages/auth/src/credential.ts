/** What a person or program has in hand for a registry. */
export type Credential =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /** A registry token, sent as it is. */
  | { readonly kind: "bearer"; readonly token: string }
  /** An OAuth2 refresh token, exchanged for registry tokens (`identitytoken` in docker's file). */
  | { readonly kind: "identity"; readonly token: string };

/** Where a credential came from, for people: `environment`, a file's path, `docker-credential-pass`. */
export interface FoundCredential {
  readonly credential: Credential;
  readonly source: string;
}

/**
 * Finds the credential for a repository. `undefined` means that this source has none, and the next one is
 * asked; an error means that the source is broken in a way that a person should mend.
 */
export type CredentialSource = (
  target: CredentialTarget,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<FoundCredential | undefined>;

export interface CredentialTarget {
  /** `host` or `host:port`, lower case, as in the reference. */
  readonly host: string;
  /** Some files hold credentials for a part of a registry only. */
  readonly repository?: string | undefined;
}
