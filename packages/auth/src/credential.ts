/** A secret for a registry: a user name and password, or one of two kinds of token. */
export type Credential =
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /** A registry token, sent as it is. */
  | { readonly kind: "bearer"; readonly token: string }
  /** An OAuth2 refresh token, exchanged for registry tokens (`identitytoken` in docker's file). */
  | { readonly kind: "identity"; readonly token: string };

/** A credential, and where it was found. */
export interface FoundCredential {
  /** The secret itself: never to be logged or put into an error. For what may be shown see `describeCredential`. */
  readonly credential: Credential;
  /** Where it came from, for people: `environment`, `static`, a file's path, `docker-credential-pass`. */
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

/** What a {@link CredentialSource} is asked for: a registry, and where in it. */
export interface CredentialTarget {
  /** `host` or `host:port`, lower case, as in the reference. */
  readonly host: string;
  /**
   * The repository that is about to be used, without the host. Some files hold credentials for a part of a registry
   * only; without it only those for the whole registry are found.
   */
  readonly repository?: string | undefined;
}
