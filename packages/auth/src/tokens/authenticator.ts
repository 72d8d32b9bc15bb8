/** What one request may do, as in the token specification: `repository:acme/site:pull,push`. */
export type Scope = string;

/** A request for a token: plain data, so that any HTTP client can send it. */
export interface TokenRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Sends a token request. It must not follow redirects to another origin with the request's headers, and must
 * bound the body that it returns.
 */
export type SendTokenRequest = (
  request: TokenRequest,
  options: { readonly signal?: AbortSignal | undefined },
) => Promise<{ readonly status: number; readonly body: string }>;

/** A request that needs authorization. */
export interface AuthorizationTarget {
  /** Scheme, host and port of the registry, such as `https://ghcr.io`. */
  readonly origin: string;
  /** The host as the reference names it, for credential look-up: `docker.io` for `registry-1.docker.io`. */
  readonly host: string;
  readonly repository?: string | undefined;
  readonly scopes: readonly Scope[];
}

/** A registry's answer that asked for (other) credentials. */
export interface Rejection {
  /** Every `WWW-Authenticate` header, joined by commas. */
  readonly challenge: string;
  /** The `Authorization` value that was refused, if one was sent: it is not offered again. */
  readonly rejected?: string | undefined;
}

/**
 * Holds the credentials and tokens of one client. Values are only ever meant for `target.origin`: whoever
 * sends them must not let them go anywhere else.
 */
export interface Authenticator {
  /** The `Authorization` value that will do without asking anybody, when one is known. */
  current(target: AuthorizationTarget): string | undefined;
  /**
   * The `Authorization` value to try after a 401; undefined when nothing can be offered that was not refused
   * already. Concurrent calls for the same token share one exchange.
   */
  answer(
    target: AuthorizationTarget,
    rejection: Rejection,
    send: SendTokenRequest,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<string | undefined>;
}
