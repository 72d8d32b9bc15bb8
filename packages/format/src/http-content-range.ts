import type { ByteRange } from "./byte-source.js";

/** What a `Content-Range` header says (RFC 9110, section 14.4). */
export interface ContentRangeHeader {
  /** Missing in `bytes *` with a total, which comes with status 416. */
  readonly offset: number | undefined;
  readonly length: number | undefined;
  /** Missing when the server does not know it. */
  readonly size: number | undefined;
}

/** Reads a header; `undefined` for one that is missing, malformed or about other units than bytes. */
export function parseContentRange(header: string | null): ContentRangeHeader | undefined {
  const match = /^bytes (?:(\d{1,16})-(\d{1,16})|\*)\/(?:(\d{1,16})|\*)$/i.exec(header?.trim() ?? "");
  if (match === null) return undefined;
  const [, first, last, total] = match;
  const size = total === undefined ? undefined : Number(total);
  if (first === undefined || last === undefined) return { offset: undefined, length: undefined, size };
  const offset = Number(first);
  const length = Number(last) - offset + 1;
  if (length < 1 || (size !== undefined && offset + length > size)) return undefined;
  return { offset, length, size };
}

/** The header that a server would have to answer with. */
export function formatContentRange({ offset, length }: ByteRange, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`;
}
