export type ContentCoding = "identity" | "gzip" | "zstd";

/**
 * Whether a client takes a coding, by its `Accept-Encoding` (RFC 9110, 12.5.3). Without the header only `identity`, which
 * is always possible: a client that refuses it gets it nevertheless.
 */
export function accepts(header: string | undefined, coding: "gzip" | "zstd"): boolean {
  let byName: number | undefined;
  let byStar: number | undefined;
  for (const item of (header ?? "").split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    const quality = qualityOf(parameters);
    if (name === coding || (coding === "gzip" && name === "x-gzip")) byName = quality;
    if (name === "*") byStar = quality;
  }
  return (byName ?? byStar ?? 0) > 0;
}

function qualityOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  if (q === undefined) return 1;
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/u.test(q) ? Number(q) : 0;
}
