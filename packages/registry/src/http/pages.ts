import { RegistryError } from "../errors.js";
import type { Endpoint } from "./endpoint.js";
import type { HttpResponse } from "./handler.js";
import { nextLink } from "./link-header.js";
import { errorFromResponse } from "./response-error.js";

export interface PagedRequest {
  readonly url: URL;
  readonly repository: string;
  /** For messages: completes "cannot …". */
  readonly action: string;
  readonly accept: string;
  readonly signal: AbortSignal | undefined;
}

/** A registry that still has a next page after this many has no end. */
const maxPages = 10_000;

/**
 * The pages of a list, following `Link: rel="next"` on the same origin. Each page has to be read before the next one is
 * asked for.
 */
export async function* readPages(
  endpoint: Endpoint,
  { url: first, repository, action, accept, signal }: PagedRequest,
): AsyncGenerator<HttpResponse, void, undefined> {
  const { host } = endpoint;
  const refuse = (why: string): RegistryError =>
    new RegistryError("InvalidResponse", `${host}: cannot ${action}: ${why}`, {
      host,
      reference: repository,
    });
  const seen = new Set<string>();
  for (let url: URL | undefined = first; url !== undefined;) {
    if (seen.has(url.href) || seen.size >= maxPages) throw refuse("the list does not end");
    seen.add(url.href);
    const response: HttpResponse = await endpoint.send({
      method: "GET",
      url,
      headers: { accept, "accept-encoding": "identity" },
      auth: endpoint.auth(repository, "pull"),
      signal,
    });
    if (response.status !== 200)
      throw await errorFromResponse(response, { host, action, reference: repository });
    yield response;
    url = nextPage(endpoint, response, { action, repository });
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
  const next = new URL(link, url);
  if (next.host !== url.host) throw refuse("the next page is on another host");
  // Behind a proxy that ends TLS, absolute links may say http: only their path is used.
  return new URL(next.pathname + next.search, endpoint.origin);
}
