import { FormatError } from "../errors.js";

/** The path of an archive's root, as `normalizePath` spells it. It is a directory, and never the path of a file. */
export const rootPath = ".";

/** Why a string is not a valid path, or nothing. */
function pathProblem(path: string): string | undefined {
  if (isPlainPath(path)) return undefined;
  if (path === "") return "it is empty";
  if (path.includes("\0")) return "it contains a NUL character";
  if (path.startsWith("/")) return "it begins with a slash";
  if (path.endsWith("/")) return "it ends with a slash";
  // What is left of this pattern after the checks above: an element that is "", "." or "..".
  if (/(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return 'it has an empty, "." or ".." element';
  // With the u flag only surrogates that are not part of a pair match: they have no UTF-8 form. It is the slower test.
  if (/[\ud800-\udfff]/.test(path) && /\p{Surrogate}/u.test(path)) return "it is not valid Unicode";
  return undefined;
}

/** Whether a path is valid at a glance, as nearly all are: one pass, where patterns take several. */
function isPlainPath(path: string): boolean {
  let element = 0;
  for (let at = 0; at < path.length; at++) {
    const unit = path.charCodeAt(at);
    if (unit === slash) {
      if (isEmptyOrDots(path, element, at)) return false;
      element = at + 1;
    } else if (unit === 0 || (unit & 0xf800) === firstSurrogate) {
      return false;
    }
  }
  return !isEmptyOrDots(path, element, path.length);
}

const slash = 0x2f;
const dot = 0x2e;
const firstSurrogate = 0xd800;

function isEmptyOrDots(path: string, from: number, to: number): boolean {
  if (to - from > 2) return false;
  for (let at = from; at < to; at++) if (path.charCodeAt(at) !== dot) return false;
  return true;
}

/** Whether a string is the path of a file in an archive: relative, separated by single slashes, without `.` and `..`. */
export function isValidPath(path: string): boolean {
  return pathProblem(path) === undefined;
}

/** Throws `InvalidPath` with the reason unless {@link isValidPath}. */
export function validatePath(path: string): void {
  const problem = pathProblem(path);
  if (problem === undefined) return;
  throw new FormatError("InvalidPath", `${JSON.stringify(path)} is not a valid archive path: ${problem}`, {
    path,
  });
}

/**
 * A caller's spelling of a path in its canonical form: leading, trailing and double slashes are dropped, and what is
 * left of the root is `"."`. Throws `InvalidPath` for what cannot be in an archive: `.` and `..` elements, NUL, lone
 * surrogates.
 */
export function normalizePath(path: string): string {
  const plain = dropSlashes(path);
  if (plain !== rootPath) validatePath(plain);
  return plain;
}

/** Like {@link normalizePath}, but `undefined` for what it refuses. */
export function canonicalPath(path: string): string | undefined {
  const plain = dropSlashes(path);
  return plain === rootPath || isValidPath(plain) ? plain : undefined;
}

function dropSlashes(path: string): string {
  if (path === "") return rootPath;
  if (!path.includes("//") && !path.startsWith("/") && !path.endsWith("/")) return path;
  // Not by a pattern for what is at the end: it would make long runs of slashes quadratic.
  const elements = path.split("/").filter((element) => element !== "");
  return elements.length === 0 ? rootPath : elements.join("/");
}
