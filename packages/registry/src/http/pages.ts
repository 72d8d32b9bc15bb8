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
    const next = nextLink(response.headers["link"]);
    if (next !== undefined && !URL.canParse(next, response.url.href)) {
      response.cancel();
      throw refuse("the next page has no valid address");
    }
    yield response;
    const following: URL | undefined = next === undefined ? undefined : new URL(next, response.url);
    // Behind a proxy that ends TLS, absolute links may say http; the credentials must not follow them anywhere else.
    if (following !== undefined && following.host !== url.host)
      throw refuse("the next page is on another host");
    url =
      following === undefined ? undefined : new URL(following.pathname + following.search, endpoint.origin);
  }
}
