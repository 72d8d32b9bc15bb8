/** What a `Range` header wants of a representation; the end is exclusive. */
export type RequestedRange =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly start: number; readonly end: number }
  | { readonly kind: "unsatisfiable" };

/**
 * Parses a `Range` header (RFC 9110, 14.2). What is not one well-formed range of bytes is ignored, as the RFC allows:
 * several ranges would be a multipart answer, which no registry gives.
 */
export function parseRange(header: string | undefined, size: number): RequestedRange {
  const match = /^bytes=(?<first>\d{0,15})-(?<last>\d{0,15})$/u.exec(header?.trim() ?? "")?.groups;
  const { first = "", last = "" } = match ?? {};
  if (first === "" && last === "") return { kind: "whole" };
  if (first === "") {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? { kind: "unsatisfiable" } : { kind: "part", start: size - suffix, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return { kind: "whole" };
  return start < size ? { kind: "part", start, end } : { kind: "unsatisfiable" };
}
