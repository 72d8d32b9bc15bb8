import { linkSync, unlinkSync } from "node:fs";
import { isSystemError } from "@blob/core/files";

/** A link cannot be made on some file systems (FAT, some network ones), or by some users. */
export const noLinks: readonly string[] = [
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
  "EXDEV",
  "EACCES",
  "EINVAL",
];

/**
 * Gives a file a name that nothing has: unlike a rename, a link never replaces. False when something has the name, or when
 * links cannot be made; the file keeps its temporary name then.
 */
export function giveFreeName(temporary: string, final: string): boolean {
  try {
    linkSync(temporary, final);
  } catch (cause) {
    if (isSystemError(cause, "EEXIST", ...noLinks)) return false;
    throw cause;
  }
  unlinkSync(temporary);
  return true;
}
