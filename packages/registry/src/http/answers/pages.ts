import { RegistryError } from "../../errors.js";
import type { Endpoint } from "../layers/endpoint.js";
import type { HttpResponse } from "../layers/handler.js";
import { nextLink } from "./link-header.js";
import { decideRedirect } from "../layers/redirect-rule.js";
import { errorFromResponse } from "./response-error.js";

export interface PagedRequest {
  readonly url: URL;
  readonly repository: string;
  /** For messages: completes "cannot …". */
  readonly action: string;
  readonly accept: string;
  readonly signal: AbortSignal | undefined;
}

/** With a hundred entries a page, ten million: no list of a repository is that long. */
const maxPages = 100_000;

/**
 * The pages of a list, following `Link: rel="next"` on the same origin. Each page has to be read before the next one is
 * asked for. No page is remembered, however many there are: a list that leads in a circle is noticed by keeping one
 * address at a time (Brent's algorithm).
 *
 * @throws RegistryError `InvalidResponse` for a list that leads in a circle; `SizeExceeded` for one without a reasonable end.
 */
export async function* readPages(
  endpoint: Endpoint,
  { url: first, repository, action, accept, signal }: PagedRequest,
): AsyncGenerator<HttpResponse, void, undefined> {
  const { host } = endpoint;
  const details = { host, reference: repository };
  let kept = first.href;
  let keepNextAt = 1;
  let url: URL | undefined = first;
  for (let pages = 1; ; pages += 1) {
    const response: HttpResponse = await endpoint.send({
      method: "GET",
      url,
      headers: { accept, "accept-encoding": "identity" },
      auth: endpoint.auth(repository, "pull"),
      signal,
    });
    if (response.status !== 200) throw await errorFromResponse(response, { ...details, action });
    yield response;
    url = nextPage(endpoint, response, { action, repository });
    if (url === undefined) return;
    if (url.href === kept) {
      const message = `${host}: cannot ${action}: the list does not end: its pages lead in a circle`;
      throw new RegistryError("InvalidResponse", message, details);
    }
    if (pages === maxPages) {
      const message = `${host}: cannot ${action}: the list goes on after ${maxPages} pages`;
      throw new RegistryError("SizeExceeded", message, details);
    }
    if (pages === keepNextAt) {
      kept = url.href;
      keepNextAt *= 2;
    }
  }
}

/**
 * Where the next page is, on the registry's own origin; undefined when this one was the last.
 *
 * @throws RegistryError `InvalidResponse`
 */
export function nextPage(
  endpoint: Endpoint,
  { url, headers }: HttpResponse,
  { action, repository }: Pick<PagedRequest, "action" | "repository">,
): URL | undefined {
  const { host } = endpoint;
  const link = nextLink(headers["link"]);
  if (link === undefined) return undefined;
  const refuse = (why: string): RegistryError =>
    new RegistryError("InvalidResponse", `${host}: cannot ${action}: ${why}`, {
      host,
      reference: repository,
    });
  if (!URL.canParse(link, url.href)) throw refuse("the next page has no valid address");
  const decision = decideRedirect({ from: url, location: link });
  const next = new URL(endpoint.origin);
  if (!decision.follow || decision.url.host !== next.host) throw refuse("the next page is on another host");
  // Behind a proxy that ends TLS, absolute links may name another scheme: only their path is used. It is set, not resolved:
  // a path that begins with two slashes would be read as a host.
  next.pathname = decision.url.pathname;
  next.search = decision.url.search;
  if (next.origin !== endpoint.origin) throw refuse("the next page is on another host");
  return next;
}
