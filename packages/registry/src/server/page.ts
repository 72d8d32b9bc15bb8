import type { Exchange } from "./exchange.js";

const maxPerPage = 1000;

/** A part of a list, as `n` and `last` of a request ask for it (distribution-spec 1.1, "Content Discovery"). */
export interface Page {
  readonly items: readonly string[];
  /** A link to the page that follows, if there is one. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The page of a list that a request asks for: the items in order, after `last`, at most `n` of them.
 *
 * @param path Of the request.
 */
export async function pageOf({ query }: Exchange, path: string, list: AsyncIterable<string>): Promise<Page> {
  const asked = query.get("n");
  const count = asked !== null && /^\d{1,9}$/u.test(asked) ? Math.min(Number(asked), maxPerPage) : maxPerPage;
  const last = query.get("last");
  const rest: string[] = [];
  for await (const item of list) if (last === null || item > last) rest.push(item);
  const items = rest.toSorted().slice(0, count);
  const end = items.at(-1);
  if (end === undefined || items.length === rest.length) return { items, headers: {} };
  const next = new URLSearchParams({ n: String(count), last: end }).toString();
  return { items, headers: { link: `<${path}?${next}>; rel="next"` } };
}
