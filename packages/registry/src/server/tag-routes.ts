import type { Exchange } from "./exchange.js";
import { replyJson, replyMethodNotAllowed } from "./exchange.js";
import type { Route } from "./route.js";

const maxTagsPerPage = 1000;

/** The tags in order, in pages of `n` after the tag `last`, with a link to the next page. */
export async function serveTags(
  exchange: Exchange,
  { repository }: Route & { readonly kind: "tags" },
): Promise<void> {
  const { registry, method, query, signal } = exchange;
  if (method !== "GET") return replyMethodNotAllowed(exchange, "GET");
  const asked = query.get("n");
  const count =
    asked !== null && /^\d{1,9}$/u.test(asked) ? Math.min(Number(asked), maxTagsPerPage) : maxTagsPerPage;
  const all: string[] = [];
  for await (const tag of registry.tags(repository, { signal })) all.push(tag);
  const last = query.get("last");
  const rest = all.toSorted().filter((tag) => last === null || tag > last);
  const tags = rest.slice(0, count);
  const end = tags.at(-1);
  const hasMore = rest.length > tags.length && end !== undefined;
  const next = `/v2/${repository}/tags/list?${new URLSearchParams({ n: String(count), last: end ?? "" }).toString()}`;
  return replyJson(
    exchange,
    200,
    { name: repository, tags },
    hasMore ? { link: `<${next}>; rel="next"` } : {},
  );
}
