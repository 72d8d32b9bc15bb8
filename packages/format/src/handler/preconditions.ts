/** What conditions are evaluated against: the representation that would be sent. */
export interface Validators {
  /** As in the `ETag` header, quotes and `W/` included. */
  readonly etag: string;
  /** Whole seconds since the epoch; undefined when the file has no usable time. */
  readonly modified: number | undefined;
}

/** Evaluates the conditions of a GET or HEAD in the order of RFC 9110, 13.2.2. */
export function evaluateConditions(
  headers: Headers,
  { etag, modified }: Validators,
): "proceed" | "not-modified" | "failed" {
  const match = headers.get("if-match");
  const unmodifiedSince = parseHttpDate(headers.get("if-unmodified-since"));
  if (match !== null) {
    if (!matchesStrongly(match, etag)) return "failed";
  } else if (unmodifiedSince !== undefined && modified !== undefined && modified > unmodifiedSince) {
    return "failed";
  }
  const noneMatch = headers.get("if-none-match");
  if (noneMatch !== null) return listMatches(noneMatch, etag, weakMatch) ? "not-modified" : "proceed";
  const since = parseHttpDate(headers.get("if-modified-since"));
  return since !== undefined && modified !== undefined && modified <= since ? "not-modified" : "proceed";
}

/** Whether a `Range` counts: `If-Range` names exactly what would be sent (RFC 9110, 13.1.5), or there is none. */
export function rangeApplies(headers: Headers, { etag, modified }: Validators): boolean {
  const condition = headers.get("if-range")?.trim();
  if (condition === undefined) return true;
  if (condition.startsWith('"') || condition.startsWith("W/")) return strongMatch(condition, etag);
  // A file's time is no proof by itself, but it is one that an exact match of what we said earlier can stand on.
  return modified !== undefined && parseHttpDate(condition) === modified;
}

/** Whether an `If-Match` header holds for a tag. */
export function matchesStrongly(list: string, etag: string): boolean {
  return listMatches(list, etag, strongMatch);
}

/** Of a `Date` header or the like, in seconds; only the form that senders have to use (IMF-fixdate). */
function parseHttpDate(text: string | null): number | undefined {
  if (text === null || !/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/u.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

type Comparison = (a: string, b: string) => boolean;

const strongMatch: Comparison = (a, b) => a === b && !a.startsWith("W/");
const weakMatch: Comparison = (a, b) => a.replace(/^W\//u, "") === b.replace(/^W\//u, "");

function listMatches(list: string, etag: string, matches: Comparison): boolean {
  if (list.trim() === "*") return true;
  return [...list.matchAll(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/gu)].some(([tag]) => matches(tag, etag));
}
