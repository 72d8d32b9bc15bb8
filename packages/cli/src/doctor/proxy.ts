import type { Environment } from "@blob/auth";
import { environmentProxies, proxyVariable, routeTo } from "@blob/registry/proxy";

/** The proxy that requests to a host go through. */
export interface ProxyInUse {
  /** Without user and password. */
  readonly host: string;
  /** The variable that names it. */
  readonly variable: string;
}

/**
 * Which proxy the environment asks for; a reason when there is none that is used.
 *
 * @throws ProxyError when it is not the URL of one.
 */
export function proxyFor(url: URL, env: Environment): ProxyInUse | { readonly none: string } {
  const route = routeTo(url, environmentProxies(env));
  if (route.proxy !== undefined) {
    return { host: route.proxy.host, variable: proxyVariable(url.protocol, env)?.name ?? "" };
  }
  switch (route.why) {
    case "loopback":
      return { none: "none: this machine is reached directly" };
    case "no-proxy":
      return { none: "none" };
    case "exception":
      return { none: `none: NO_PROXY has ${route.exception}` };
  }
}
