import type { Environment } from "@blob/auth";

/** The proxy that requests to a host go through. */
export interface ProxyInUse {
  /** Without user and password. */
  readonly host: string;
  /** The variable that names it. */
  readonly variable: string;
}

/** Which proxy the environment asks for; a reason when there is one that is not used. */
export function proxyFor(url: URL, env: Environment): ProxyInUse | { readonly none: string } {
  if (/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/u.test(url.hostname)) {
    return { none: "none: this machine is reached directly" };
  }
  const names = url.protocol === "https:" ? ["https_proxy", "http_proxy"] : ["http_proxy"];
  const variable = names
    .flatMap((name) => [name, name.toUpperCase()])
    .find((name) => (env[name] ?? "") !== "");
  if (variable === undefined) return { none: "none" };
  const exception = (env["no_proxy"] ?? env["NO_PROXY"] ?? "")
    .split(/[\s,]+/u)
    .find((one) => excepts(one, url));
  if (exception !== undefined) return { none: `none: NO_PROXY has ${exception}` };
  const value = env[variable] ?? "";
  const host = URL.canParse(value) ? new URL(value).host : "a URL that cannot be parsed";
  return { host, variable };
}

function excepts(exception: string, { hostname, port, protocol }: URL): boolean {
  if (exception === "*") return true;
  const [, name = "", atPort] = /^\*?\.?(.+?)(?::(\d+))?$/u.exec(exception.toLowerCase()) ?? [];
  if (name === "") return false;
  const ownPort = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  if (atPort !== undefined && atPort !== ownPort) return false;
  return hostname === name || hostname.endsWith(`.${name}`);
}
