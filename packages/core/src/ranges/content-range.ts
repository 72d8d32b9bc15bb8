/** What a `Content-Range` header says (RFC 9110, 14.4). */
export type ContentRange =
  | {
      readonly offset: number;
      readonly length: number;
      /** Of the whole; undefined when the server does not know it. */
      readonly size: number | undefined;
    }
  /** That of a 416, which says nothing but the size of the whole. */
  | { readonly offset: undefined; readonly length: undefined; readonly size: number | undefined };

/**
 * Reads `bytes 0-99/1234`. Undefined for a header that is missing, malformed, about other units than bytes, or that makes
 * no sense: no bytes at all, bytes beyond the end, numbers that JavaScript cannot count to.
 */
export function parseContentRange(header: string | null | undefined): ContentRange | undefined {
  const match = /^bytes (?:(\d{1,16})-(\d{1,16})|\*)\/(?:(\d{1,16})|\*)$/i.exec(header?.trim() ?? "");
  if (match === null) return undefined;
  const [, first, last, total] = match;
  const size = total === undefined ? undefined : Number(total);
  if (size !== undefined && !Number.isSafeInteger(size)) return undefined;
  if (first === undefined || last === undefined) return { offset: undefined, length: undefined, size };
  const offset = Number(first);
  const end = Number(last) + 1;
  if (end <= offset || !Number.isSafeInteger(end) || (size !== undefined && end > size)) return undefined;
  return { offset, length: end - offset, size };
}

/** The header that a server has to answer a request for these bytes with. */
export function formatContentRange(
  { offset, length }: { readonly offset: number; readonly length: number },
  size: number,
): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}
