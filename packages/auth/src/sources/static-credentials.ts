import { checkCredential } from "../tokens/authorization-value.js";
import type { Credential, CredentialSource } from "../credential.js";
import { forHosts, requireHost } from "./for-hosts.js";

/** Never has a credential: registries are asked as nobody in particular. */
export const anonymous: CredentialSource = () => Promise.resolve(undefined);

/** A user name and password, and the registry that they are for. */
export interface StaticCredentialOptions {
  /** The only registry that gets to see the credential: `host` or `host:port`. */
  readonly host: string;
  /** Sent as UTF-8; must not contain a colon, which would end it in Basic authentication (`InvalidCredential`). */
  readonly username: string;
  /** Sent as UTF-8, as it is: neither trimmed nor decoded. */
  readonly password: string;
}

/**
 * A user name and password for one registry. Throws `InvalidCredential` for a user name with a colon, and for a host that is
 * none.
 *
 * @example
 * ```ts
 * const credentials = staticCredential({ host: "registry.acme.example:5000", username: "ada", password });
 * ```
 */
export function staticCredential({ host, username, password }: StaticCredentialOptions): CredentialSource {
  return forHost(host, { kind: "basic", username, password });
}

/** A registry token, and the registry that it is for. */
export interface StaticTokenOptions {
  /** The only registry that gets to see the token: `host` or `host:port`. */
  readonly host: string;
  /** A registry token, sent as it is. */
  readonly token: string;
}

/**
 * A ready registry token for one registry. Throws `InvalidCredential` for one that does not fit in a header, and for a host
 * that is none.
 *
 * @example
 * ```ts
 * const credentials = staticToken({ host: "ghcr.io", token });
 * ```
 */
export function staticToken({ host, token }: StaticTokenOptions): CredentialSource {
  return forHost(host, { kind: "bearer", token });
}

function forHost(text: string, credential: Credential): CredentialSource {
  const host = requireHost(text);
  const found = { credential, source: "static" };
  checkCredential(credential, found.source, host);
  return forHosts([host], () => Promise.resolve(found));
}
