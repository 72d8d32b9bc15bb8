import { FormatError } from "../errors.js";
import { validatePath } from "../paths/path.js";

/** A name of a member, or why it has none that an archive can have. */
export type MemberName =
  /** The path is empty for the root itself. */
  | { readonly path: string; readonly isDirectory: boolean; readonly isUtf8: true }
  | { readonly path: string; readonly isUtf8: false };

/**
 * The archive path that a name means: `./a//b/` is the directory `a/b`. Names that lead elsewhere are nothing to guess
 * about: `InvalidPath` for one that begins with a slash, or has a `..` or a NUL in it.
 */
export function memberName(bytes: Uint8Array): MemberName {
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const shown = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    return { path: plain(shown.split("/")), isUtf8: false };
  }
  if (name.startsWith("/")) throw outside(name, "it begins with a slash");
  const elements = name.split("/");
  if (elements.includes("..")) throw outside(name, 'it has a ".." element');
  const path = plain(elements);
  if (path !== "") validatePath(path);
  const last = elements.at(-1);
  return { path, isDirectory: name !== "" && (last === "" || last === "."), isUtf8: true };
}

function plain(elements: readonly string[]): string {
  return elements.filter((element) => element !== "" && element !== ".").join("/");
}

function outside(name: string, why: string): FormatError {
  return new FormatError(
    "InvalidPath",
    `The tar stream has ${JSON.stringify(name)}, which may lead out of wherever it is unpacked: ${why}. ` +
      "Make it again with names below one directory (tar -C DIRECTORY -c .)",
    { path: name },
  );
}
