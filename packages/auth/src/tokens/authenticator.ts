/** What one request may do, as in the token specification: `repository:acme/site:pull,push`. */
export type Scope = string;

/** A request for a token: plain data, so that any HTTP client can send it. */
export interface TokenRequest {
  /**
   * The token server, with the query of a GET. Its origin was checked (`InsecureRealm`); the addresses that its name
   * resolves to are for the sender to check.
   */
  readonly url: URL;
  /** GET for a user name and password or nobody; POST for an OAuth2 grant. */
  readonly method: "GET" | "POST";
  /** Names in lower case. May hold a secret (`authorization`): not to be logged. */
  readonly headers: Readonly<Record<string, string>>;
  /** The form of a POST, URL-encoded; undefined for GET. May hold a secret: not to be logged. */
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
  /**
   * The repository of the request, without the host; undefined for a request about the whole registry. A value that was
   * got for one repository is not used for another.
   */
  readonly repository?: string | undefined;
  /**
   * What the request has to be allowed to do. A token is asked for these and for what the challenge names, and reused
   * only for requests whose scopes it covers.
   */
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
  /**
   * The `Authorization` value to send at once: the one that is known to do for the target, without any request.
   * Undefined when none is known.
   */
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
