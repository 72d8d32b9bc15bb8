import { isValidPath } from "../paths/path.js";

/** What the path of a URL asks for. */
export interface UrlPath {
  /** A canonical path of an archive, `""` for the root. */
  readonly path: string;
  /** Whether it ends in a slash, as those of directories do. */
  readonly hasSlash: boolean;
}

/** As long as a path may be on any file system: longer ones could not be extracted either. */
const maxPathBytes = 4096;

const encoder = new TextEncoder();

/**
 * The path of an archive that the path of a URL, such as `/a/b%20c`, says. `undefined` for everything that is not the one
 * spelling of it: `.` and `..` elements however they are encoded, encoded slashes and NUL, empty elements, `%` without two
 * digits, bytes that are not UTF-8; and for what is too long. Nothing is resolved, so nothing can be resolved differently
 * elsewhere.
 */
export function parseUrlPath(pathname: string): UrlPath | undefined {
  if (!pathname.startsWith("/") || pathname.length > 3 * maxPathBytes) return undefined;
  if (pathname === "/") return { path: "", hasSlash: true };
  const hasSlash = pathname.endsWith("/");
  const elements = pathname
    .slice(1, hasSlash ? -1 : undefined)
    .split("/")
    .map(decodeElement);
  if (elements.includes(undefined)) return undefined;
  const path = elements.join("/");
  return isUrlPath(path) ? { path, hasSlash } : undefined;
}

/** Whether a path of an archive has a URL that {@link parseUrlPath} takes. */
export function isUrlPath(path: string): boolean {
  return path.length < maxPathBytes && encoder.encode(path).length < maxPathBytes && isValidPath(path);
}

function decodeElement(encoded: string): string | undefined {
  try {
    const element = decodeURIComponent(encoded);
    return element.includes("/") ? undefined : element;
  } catch {
    return undefined;
  }
}

/** The path of the URL for a path of an archive, from the root on: `/`, `/a/b%20c`, and with a slash at the end `/a/`. */
export function urlPathOf(path: string, kind: "file" | "directory"): string {
  if (path === "" || path === ".") return "/";
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `/${encoded}${kind === "directory" ? "/" : ""}`;
}
