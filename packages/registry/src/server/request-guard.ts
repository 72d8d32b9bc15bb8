import type { IncomingMessage } from "node:http";
import { createHostCheck } from "./host-check.js";

/** Why a request gets no answer. */
export interface Refusal {
  /** 421 for another host, 403 for another site. */
  readonly status: 403 | 421;
  /** For whoever asked; repeats nothing of the request. */
  readonly message: string;
}

/** The refusal of a request; undefined when it may be answered. Looks at headers only. */
export type RequestGuard = (request: IncomingMessage) => Refusal | undefined;

/** Who may ask besides whoever is on this machine. */
export interface RequestGuardOptions {
  /**
   * Names and addresses, without ports, by which the server is reached besides those of the loopback interface and the
   * address that a connection arrives at. Default none.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * What pages of other sites may have a browser do: nothing; follow a link to here, in a window of its own; or read
   * whatever a page can embed. Default nothing.
   */
  readonly otherSites?: "nothing" | "links" | "reading" | undefined;
}

const wrongHost: Refusal = {
  status: 421,
  message:
    "this server answers only to the name of the machine that it runs on; whoever runs it can allow other names (--allowed-host)",
};

const otherSite: Refusal = { status: 403, message: "this server does not answer to pages of other sites" };

/**
 * Keeps web sites from using their visitors' browsers against a server that asks nobody for a password: requests with a
 * foreign `Host` (DNS rebinding) and those that browsers mark as made by another site are refused. Programs other than
 * browsers send no such marks.
 *
 * @example
 * ```ts
 * const guard = createRequestGuard({ allowedHosts: ["build.example"], otherSites: "links" });
 * const server = createServer((request, response) => {
 *   const refusal = guard(request);
 *   if (refusal === undefined) answer(request, response);
 *   else response.writeHead(refusal.status).end(refusal.message);
 * });
 * ```
 * @throws RegistryError `InvalidArgument` for an allowed host that is none.
 */
export function createRequestGuard({
  allowedHosts,
  otherSites = "nothing",
}: RequestGuardOptions = {}): RequestGuard {
  const isHostAllowed = createHostCheck(allowedHosts);
  return (request) => {
    if (!isHostAllowed(request)) return wrongHost;
    if (isSameSite(request)) return undefined;
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (isRead && otherSites === "reading") return undefined;
    return isRead && otherSites === "links" && isNavigation(request) ? undefined : otherSite;
  };
}

/**
 * By what browsers say of each request (Fetch Metadata), which a page cannot change, and where they leave that out (plain
 * http to another machine, old browsers) by `Origin`, which whatever writes has. Another port of the same machine is
 * another site here: who knows what listens there.
 */
function isSameSite({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const { origin } = headers;
  return origin === undefined || isOwnOrigin(origin, headers.host ?? "");
}

function isOwnOrigin(origin: string, host: string): boolean {
  if (!/^https?:\/\/[^/]+$/iu.test(origin) || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === originHost;
}

/** Somebody follows a link; no frame, and nothing that a page goes on to use. */
function isNavigation({ headers }: IncomingMessage): boolean {
  return (
    headers["sec-fetch-mode"] === "navigate" &&
    headers["sec-fetch-dest"] === "document" &&
    headers.origin === undefined
  );
}
