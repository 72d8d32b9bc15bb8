import { isUrlPath, urlPathOf } from "@blob/format/handler";

/** Where a link of a document leads. */
export interface Link {
  readonly href: string;
  /** To another site; else to this server, or to a place in the document. */
  readonly isExternal: boolean;
}

/** Keeps a document's headings apart from the page's own elements. */
export const anchorPrefix = "section-";

/**
 * Where a link in a file leads, as a browser will read it: what comes out was put together here, never passed on. Nothing
 * when it has another scheme than `http`, `https` and `mailto`, or a host without a scheme, or leads out of the archive.
 */
export function linkOf(from: string, link: string): Link | undefined {
  if (link.startsWith("#")) return { href: `#${anchorPrefix}${link.slice(1)}`, isExternal: false };
  if (/^(?:https?:\/\/|mailto:)/iu.test(link)) {
    return URL.canParse(link) ? { href: new URL(link).href, isExternal: true } : undefined;
  }
  const path = pathOf(from, link);
  if (path === undefined) return undefined;
  const isDirectory = path === "" || /^[^?#]*\/(?:$|[?#])/u.test(link);
  // Of a directory without a slash the server knows better.
  const href = isDirectory ? urlPathOf(path, "directory") : `${urlPathOf(path, "file")}?preview`;
  return { href, isExternal: false };
}

/** The URL of a picture of the archive. Those from elsewhere would tell others that somebody reads this. */
export function pictureOf(from: string, link: string): string | undefined {
  const path = pathOf(from, link);
  return path === undefined || path === "" ? undefined : urlPathOf(path, "file");
}

function pathOf(from: string, link: string): string | undefined {
  // Browsers take a backslash for a slash, and skip white space and control characters in a scheme.
  if (/^[a-z][a-z\d+.-]*:|[\\\p{Cc}]|^\s|^\/\//iu.test(link)) return undefined;
  const [encoded = ""] = link.split(/[?#]/u, 1);
  const elements = encoded.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const element of encoded.split("/")) {
    if (element === "" || element === ".") continue;
    if (element !== "..") elements.push(decoded(element));
    else if (elements.pop() === undefined) return undefined;
  }
  // A slash that was encoded is in no name: without the check it would begin a host.
  if (elements.some((element) => element.includes("/"))) return undefined;
  const path = elements.join("/");
  return path === "" || isUrlPath(path) ? path : undefined;
}

function decoded(element: string): string {
  try {
    return decodeURIComponent(element);
  } catch {
    return element;
  }
}
