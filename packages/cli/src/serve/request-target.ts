import type { UrlPath } from "@blob/format/handler";
import { parseUrlPath } from "@blob/format/handler";

/** What a request line asks for: a path of the archive and a query. */
export interface RequestTarget extends UrlPath {
  readonly query: URLSearchParams;
}

/** For a path, three characters a byte, and a query. */
const maxTargetLength = 4 * 4096;

/**
 * Parses the origin form of a request target (RFC 9112, 3.2.1). `undefined` for everything that is not the one spelling of an
 * archive path, as `parseUrlPath` has it: it sees what was sent, where a `URL` has resolved dots already.
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  if (target.length > maxTargetLength || target.includes("#")) return undefined;
  const at = target.indexOf("?");
  const parsed = parseUrlPath(at < 0 ? target : target.slice(0, at));
  if (parsed === undefined) return undefined;
  return { ...parsed, query: new URLSearchParams(at < 0 ? "" : target.slice(at + 1)) };
}
