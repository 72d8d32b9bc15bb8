import { zoneOf } from "@blob/core/hosts";
import { exceptionFor } from "./exceptions.js";
import { ProxyError } from "./proxy-error.js";

/** The proxies to go through. Never used for this machine itself. */
export interface ProxyOptions {
  /** For http registries. Default: the environment's `HTTP_PROXY`, else its `ALL_PROXY`. */
  readonly http?: string | undefined;
  /** For https registries. Default: the environment's `HTTPS_PROXY`, else its `ALL_PROXY`, else its `HTTP_PROXY`. */
  readonly https?: string | undefined;
  /**
   * Hosts to reach directly, as in `.corp.example,10.0.0.0/8,[2001:db8::1]:5000`. Default: the environment's `NO_PROXY`.
   */
  readonly exceptions?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy. `url` may have credentials: it is not for people. */
export interface Proxy {
  /** Where it is, with its user and password, if it wants any. */
  readonly url: URL;
  /** For people: host and port. */
  readonly host: string;
  /** What `Proxy-Authorization` has to say. */
  readonly authorization: string | undefined;
}

/** How a URL is reached. */
export type Route =
  | { readonly proxy: Proxy }
  /** `exception` is the entry of the exceptions that says so. */
  | { readonly proxy: undefined; readonly why: "loopback" | "no-proxy" }
  | { readonly proxy: undefined; readonly why: "exception"; readonly exception: string };

/** The variable that names the proxy for a protocol, with its value. One that is set to nothing is not set. */
export function proxyVariable(
  protocol: string,
  env: Environment,
): { readonly name: string; readonly value: string } | undefined {
  const names =
    protocol === "https:" ? ["https_proxy", "all_proxy", "http_proxy"] : ["http_proxy", "all_proxy"];
  return firstSet(
    env,
    names.flatMap((name) => [name, name.toUpperCase()]),
  );
}

/** What the environment says: `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`, each also in capitals. */
export function environmentProxies(env: Environment): ProxyOptions {
  return {
    http: proxyVariable("http:", env)?.value,
    https: proxyVariable("https:", env)?.value,
    exceptions: firstSet(env, ["no_proxy", "NO_PROXY"])?.value,
  };
}

/**
 * The one answer to which proxy a URL is reached through.
 *
 * @example
 * ```ts
 * const { proxy } = routeTo(new URL("https://ghcr.io"), environmentProxies(process.env));
 * console.log(proxy === undefined ? "directly" : `through ${proxy.host}`);
 * ```
 * @throws ProxyError `PROXY_INVALID` for a proxy that is no URL of one.
 */
export function routeTo(url: URL, { http, https, exceptions = "" }: ProxyOptions): Route {
  const named = url.protocol === "https:" ? (https ?? http) : http;
  if (zoneOf(url.hostname) === "loopback") return { proxy: undefined, why: "loopback" };
  if (named === undefined || named === "") return { proxy: undefined, why: "no-proxy" };
  const exception = exceptionFor(url, exceptions);
  if (exception !== undefined) return { proxy: undefined, why: "exception", exception };
  return { proxy: parseProxy(named) };
}

const protocols: ReadonlySet<string> = new Set(["http:", "https:", "socks5:", "socks:"]);

/** Without a scheme it is http, as everywhere. */
function parseProxy(text: string): Proxy {
  const written = /^[a-z][a-z0-9+.-]*:\/\//iu.test(text) ? text : `http://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || url.hostname === "" || !protocols.has(url.protocol)) {
    const message = "the proxy (HTTP_PROXY, HTTPS_PROXY) is not a URL of one: write http://host:port";
    throw new ProxyError("PROXY_INVALID", message);
  }
  return { url, host: url.host, authorization: authorizationOf(url) };
}

function authorizationOf({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64")}`;
}

/** A percent sign that encodes nothing is one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function firstSet(
  env: Environment,
  names: readonly string[],
): { readonly name: string; readonly value: string } | undefined {
  for (const name of names) {
    const value = env[name];
    if (value !== undefined && value !== "") return { name, value };
  }
  return undefined;
}
