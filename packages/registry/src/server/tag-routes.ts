import type { Exchange } from "./exchange.js";
import { replyJson, replyMethodNotAllowed } from "./exchange.js";
import { pageOf } from "./page.js";
import type { Route } from "./route.js";

/** The tags of a repository, in pages. */
export async function serveTags(
  exchange: Exchange,
  { repository }: Route & { readonly kind: "tags" },
): Promise<void> {
  const { registry, method, signal } = exchange;
  if (method !== "GET") return replyMethodNotAllowed(exchange, "GET");
  const tags = registry.tags(repository, { signal });
  const { items, headers } = await pageOf(exchange, `/v2/${repository}/tags/list`, tags);
  return replyJson(exchange, 200, { name: repository, tags: items }, headers);
}
