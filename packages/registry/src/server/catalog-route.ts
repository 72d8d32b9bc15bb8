import type { Exchange } from "./exchange.js";
import { replyError, replyJson, replyMethodNotAllowed } from "./exchange.js";
import { pageOf } from "./page.js";

/** The repositories, in pages, as distribution lists them; the specification has no such list. */
export async function serveCatalog(exchange: Exchange): Promise<void> {
  const { repositories, method, signal } = exchange;
  if (method !== "GET") return replyMethodNotAllowed(exchange, "GET");
  if (repositories === undefined)
    return replyError(exchange, 404, "UNSUPPORTED", "repositories are not listed");
  const { items, headers } = await pageOf(exchange, "/v2/_catalog", repositories({ signal }));
  return replyJson(exchange, 200, { repositories: items }, headers);
}
