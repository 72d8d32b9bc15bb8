/** What is wrong with a proxy. Says no password, and has no cause that could. */
export class ProxyError extends Error {
  /** Always `ProxyError`. */
  override readonly name = "ProxyError";
  /**
   * `PROXY_INVALID`: it is no URL of a proxy; `PROXY_REFUSED`: it wants other credentials, or does not go there;
   * `PROXY_UNAVAILABLE`: it could not connect.
   */
  readonly code: "PROXY_INVALID" | "PROXY_REFUSED" | "PROXY_UNAVAILABLE";
  /** The HTTP status that the proxy itself answered with. */
  readonly status: number | undefined;

  constructor(code: ProxyError["code"], message: string, status?: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Why there is no way through a proxy, from its answer to `CONNECT`, or its 407 to any request. */
export function refusalOf(
  status: number,
  proxy: { readonly host: string; readonly authorization: string | undefined },
  target: string,
): ProxyError {
  const { host, authorization } = proxy;
  const said = `(HTTP ${status})`;
  if (status === 407) {
    const message =
      authorization === undefined
        ? `the proxy ${host} wants credentials ${said}: write them into its URL, http://user:password@${host} in HTTPS_PROXY or HTTP_PROXY`
        : `the proxy ${host} does not accept the user and password in its URL ${said}: check them in HTTPS_PROXY or HTTP_PROXY, and percent-encode their special characters`;
    return new ProxyError("PROXY_REFUSED", message, status);
  }
  if (status >= 500) {
    return new ProxyError(
      "PROXY_UNAVAILABLE",
      `the proxy ${host} could not connect to ${target} ${said}`,
      status,
    );
  }
  const message = `the proxy ${host} does not connect to ${target} ${said}: ask who runs it to allow that, or name the host in NO_PROXY`;
  return new ProxyError("PROXY_REFUSED", message, status);
}

/** What is wrong with the proxy, when an error is about that: undici may wrap what a connection failed with. */
export function proxyErrorOf(error: unknown): ProxyError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (cause instanceof ProxyError) return cause;
  }
  return undefined;
}
