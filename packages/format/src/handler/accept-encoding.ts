/** How much a client wants a coding, from 0 (not at all) to 1; undefined of `identity` where it does not say. */
export type CodingQualities = (coding: "br" | "gzip" | "zstd" | "identity") => number | undefined;

/** Reads an `Accept-Encoding` header (RFC 9110, 12.5.3). Without it nothing is wanted but the file itself. */
export function parseAcceptEncoding(header: string | null): CodingQualities {
  const named = new Map<string, number>();
  for (const item of (header ?? "").split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    if (name !== "") named.set(name === "x-gzip" ? "gzip" : name, qualityOf(parameters));
  }
  return (coding) => named.get(coding) ?? (coding === "identity" ? undefined : (named.get("*") ?? 0));
}

function qualityOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  if (q === undefined) return 1;
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/u.test(q) ? Number(q) : 0;
}
