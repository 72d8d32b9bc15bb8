import { FormatError } from "../../errors.js";
import { isValidPath } from "../../paths/path.js";

/** Longer paths cannot be opened by name on any system: PATH_MAX of Linux, in bytes. */
const maxPathBytes = 4096;

/** Names that Windows reads as devices in every directory and with every extension. */
const reservedNames = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])[ ]*(?:\.|$)/i;

/** What Windows cannot have in a name, reads as a separator or a drive, or as a stream (`a:b`). */
const forbiddenOnWindows = /[<>:"|?*\\\u0000-\u001F]/;

/**
 * Throws `InvalidPath` for an archive path that cannot be written below a directory exactly as it is spelled: one that
 * leads out of it, or that the system would read as another one. The platform is Node's name of it; `win32` has the
 * longest list (drive letters, backslashes, device names, streams, trailing dots and spaces).
 */
export function checkWritablePath(path: string, platform: NodeJS.Platform): void {
  const problem = isValidPath(path) ? problemOf(path, platform) : "is not a valid archive path";
  if (problem === undefined) return;
  throw new FormatError(
    "InvalidPath",
    `${JSON.stringify(shorten(path))} ${problem}; it cannot be extracted here`,
    {
      path,
    },
  );
}

function problemOf(path: string, platform: NodeJS.Platform): string | undefined {
  if (Buffer.byteLength(path) >= maxPathBytes) return `has more than ${maxPathBytes - 1} bytes`;
  if (platform !== "win32") return undefined;
  for (const name of path.split("/")) {
    const quoted = JSON.stringify(name);
    if (forbiddenOnWindows.test(name))
      return `has a character in ${quoted} that Windows does not allow in names`;
    if (/[. ]$/.test(name)) return `has a dot or space at the end of ${quoted}, which Windows drops`;
    if (reservedNames.test(name)) return `has the name ${quoted}, which is a device on Windows`;
  }
  return undefined;
}

function shorten(path: string): string {
  return path.length > 200 ? `${path.slice(0, 200)}…` : path;
}
