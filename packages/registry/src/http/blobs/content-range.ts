/** What a partial answer holds (RFC 9110, 14.4). The end is exclusive, unlike in the header. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  /** The size of the whole; undefined when the server did not say. */
  readonly total: number | undefined;
}

/** Parses `bytes 0-99/1234`; undefined when it is anything else. */
export function parseContentRange(header: string): ContentRange | undefined {
  const match = /^bytes\s+(?<first>\d{1,16})-(?<last>\d{1,16})\/(?<total>\d{1,16}|\*)$/iu.exec(
    header.trim(),
  )?.groups;
  if (match === undefined) return undefined;
  const start = Number(match["first"]);
  const end = Number(match["last"]) + 1;
  const total = match["total"] === "*" ? undefined : Number(match["total"]);
  const makesSense = start < end && Number.isSafeInteger(end) && (total === undefined || end <= total);
  return makesSense ? { start, end, total } : undefined;
}
