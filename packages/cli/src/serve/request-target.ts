import { isValidPath } from "@blob/format";

/** What a request line asks for: a path of the archive and a query. */
export interface RequestTarget {
  /** Canonical, `""` for the root. */
  readonly path: string;
  /** Whether the URL ends in a slash, as those of directories do. */
  readonly hasSlash: boolean;
  readonly query: URLSearchParams;
}

/** As long as a path may be on any file system: longer ones could not be extracted either. */
const maxPathBytes = 4096;

/** Three characters a byte, and a query. */
const maxTargetLength = 3 * maxPathBytes + 4096;

/**
 * Parses the origin form of a request target (RFC 9112, 3.2.1). `undefined` for everything that is not the one spelling
 * of an archive path: `.` and `..` elements however they are encoded, encoded slashes and NUL, empty elements, `%` without
 * two digits, bytes that are not UTF-8; and for what is too long. Nothing is resolved, so nothing can be resolved
 * differently elsewhere.
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  if (!target.startsWith("/") || target.length > maxTargetLength || target.includes("#")) return undefined;
  const at = target.indexOf("?");
  const encoded = at < 0 ? target.slice(1) : target.slice(1, at);
  const query = new URLSearchParams(at < 0 ? "" : target.slice(at + 1));
  const hasSlash = encoded === "" || encoded.endsWith("/");
  const elements = (encoded.endsWith("/") ? encoded.slice(0, -1) : encoded).split("/").map(decodeElement);
  if (elements.includes(undefined)) return undefined;
  const path = elements.join("/");
  if (encoded === "") return { path: "", hasSlash, query };
  return isServedPath(path) ? { path, hasSlash, query } : undefined;
}

/** Whether a path can be asked for. */
export function isServedPath(path: string): boolean {
  return Buffer.byteLength(path) < maxPathBytes && isValidPath(path);
}

function decodeElement(encoded: string): string | undefined {
  try {
    const element = decodeURIComponent(encoded);
    return element.includes("/") ? undefined : element;
  } catch {
    return undefined;
  }
}

/** The URL of a path of the archive, relative to the server's root. */
export function urlOf(path: string, kind: "file" | "directory"): string {
  if (path === "" || path === ".") return "/";
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `/${encoded}${kind === "directory" ? "/" : ""}`;
}
