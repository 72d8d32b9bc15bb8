import { toHex } from "@blob/core/bytes";
import type { Archive } from "../archive.js";
import type { Entry } from "../entry.js";
import type { CodingQualities } from "./accept-encoding.js";
import { parseAcceptEncoding } from "./accept-encoding.js";
import { matchesStrongly } from "./preconditions.js";

/** One of the forms in which a file can be sent (RFC 9110, 3.2). */
export type Representation =
  /** The file itself, or its stored frames, or compressed on the way. */
  | { readonly coding: "identity" | "zstd" | "gzip"; readonly etag: string; readonly sibling?: undefined }
  /** A file beside it that is it, compressed. */
  | { readonly coding: "br" | "gzip"; readonly etag: string; readonly sibling: Entry };

/** What tools call the files that are others, compressed. */
const extensions = { br: ".br", gzip: ".gz" } as const;

/** The file itself. Its hash names its bytes. */
export function identityOf({ hash }: Entry): Representation {
  return { coding: "identity", etag: `"${toHex(hash)}"` };
}

/** Frames and what is compressed on the way depend on who compressed them: the tag is a weak one. */
export function codedOf({ hash }: Entry, coding: "zstd" | "gzip"): Representation {
  return { coding, etag: `W/"${toHex(hash)}-${coding}"` };
}

/** A compressed sibling that an archive has of a file, if it has something in it and is smaller. */
export function siblingOf(archive: Archive, entry: Entry, coding: "br" | "gzip"): Representation | undefined {
  const sibling = archive.entry(`${entry.path}${extensions[coding]}`);
  if (sibling === undefined || sibling.size === 0 || sibling.size >= entry.size) return undefined;
  return { coding, etag: `"${toHex(sibling.hash)}-${coding}"`, sibling };
}

/**
 * The form that a client gets: the one it wants most, and of several the first. Parts are of the file itself: it is not
 * compressed for who asks for one. Who has a certain form (`If-Match`) gets that.
 */
export function choose(
  identity: Representation,
  coded: readonly Representation[],
  headers: Headers,
): Representation {
  if (coded.length === 0 || headers.has("range")) return identity;
  const qualities = parseAcceptEncoding(headers.get("accept-encoding"));
  const match = headers.get("if-match");
  if (match === null) return mostWanted(identity, coded, qualities);
  const had = coded.filter(({ etag }) => matchesStrongly(match, etag));
  return mostWanted(identity, had, qualities);
}

function mostWanted(
  identity: Representation,
  coded: readonly Representation[],
  qualities: CodingQualities,
): Representation {
  let best = identity;
  let bestQuality = qualities("identity") ?? 0;
  for (const one of coded) {
    const quality = qualities(one.coding) ?? 0;
    const isMore = best === identity ? quality >= bestQuality : quality > bestQuality;
    if (quality === 0 || !isMore) continue;
    best = one;
    bestQuality = quality;
  }
  return best;
}
