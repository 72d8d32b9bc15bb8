import { leadsInward } from "@blob/core/hosts";

export interface RedirectQuestion {
  /** The URL whose answer redirects. */
  readonly from: URL;
  /** Its `Location` header: absolute or relative. */
  readonly location: string | undefined;
  /** The origin that the request's credentials were made for; undefined when it carries none. */
  readonly credentialOrigin?: string | undefined;
}

export type RedirectDecision =
  | { readonly follow: true; readonly url: URL; readonly keepCredentials: boolean }
  /** `why` completes the sentence "the registry answered with …". It holds no query. */
  | { readonly follow: false; readonly why: string };

/**
 * Decides where a registry may send this client, and with which credentials: for redirects and for locations of
 * uploads, and nowhere else. A pure function: no name is resolved.
 */
export function decideRedirect({ from, location, credentialOrigin }: RedirectQuestion): RedirectDecision {
  if (location === undefined || location === "") return refuse("a redirect that leads nowhere");
  if (!URL.canParse(location, from.href)) return refuse("a location that is not a URL");
  const url = new URL(location, from);
  url.hash = "";
  if (url.protocol !== "https:" && url.protocol !== "http:") return refuse(`a location on ${url.protocol}`);
  if (url.username !== "" || url.password !== "") return refuse("a location with a user name in it");
  if (from.protocol === "https:" && url.protocol === "http:") {
    // A registry behind a proxy that ends TLS often does not know that it is reached by https, and gives http URLs.
    if (url.hostname !== from.hostname || (url.port !== "" && url.port !== portOf(from))) {
      return refuse(`a location on ${url.host} that gives up https for http`);
    }
    url.protocol = "https:";
    url.port = from.port;
  }
  if (leadsInward(from.hostname, url.hostname)) {
    return refuse(`a location on ${url.hostname}, which is inside of the network that this client runs in`);
  }
  return { follow: true, url, keepCredentials: url.origin === credentialOrigin };
}

/** Headers that may be sent to another origin. Any other could be a secret meant for the first one. */
const harmless: ReadonlySet<string> = new Set([
  "accept",
  "accept-encoding",
  "content-length",
  "content-range",
  "content-type",
  "range",
  "referer",
  "user-agent",
]);

/** The headers of a request after a redirect. */
export function headersAfterRedirect(
  headers: Readonly<Record<string, string>>,
  keepCredentials: boolean,
): Readonly<Record<string, string>> {
  if (keepCredentials) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => harmless.has(name)));
}

function portOf({ protocol, port }: URL): string {
  if (port !== "") return port;
  return protocol === "https:" ? "443" : "80";
}

function refuse(why: string): RedirectDecision {
  return { follow: false, why };
}
