/** What a `Range` header wants of a representation; `end` is exclusive. */
export type RequestedRange =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly start: number; readonly end: number }
  | { readonly kind: "unsatisfiable" };

/**
 * Parses a `Range` header (RFC 9110, 14.2). Other units, malformed ones and several ranges at once, which would be a
 * multipart answer, are ignored, as the RFC allows: the answer is the whole.
 */
export function parseRange(header: string | undefined, size: number): RequestedRange {
  const groups = /^bytes=[ \t]*(?<first>\d{0,15})-(?<last>\d{0,15})$/iu.exec(header?.trim() ?? "")?.groups;
  const { first = "", last = "" } = groups ?? {};
  if (first === "" && last === "") return { kind: "whole" };
  if (first === "") {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? { kind: "unsatisfiable" } : { kind: "part", start: size - suffix, end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return { kind: "whole" };
  if (start >= size) return { kind: "unsatisfiable" };
  return { kind: "part", start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}
