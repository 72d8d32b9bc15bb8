import { statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, parse, sep } from "node:path";

import { FormatError } from "../../errors.js";
import { realPath } from "../files/real-path.js";

/**
 * Throws `InvalidArgument` unless removing what is in a directory can only remove what a caller may expect: not for a
 * file system root, the home directory, the current directory, nor one that these are in, by whatever links or names.
 */
export function checkExpendable(directory: string): void {
  const target = realPath(directory);
  const identity = identityOf(target);
  for (const precious of preciousDirectories(target)) {
    if (!isIn(precious, target) && !hasAncestor(precious, identity)) continue;
    throw new FormatError(
      "InvalidArgument",
      `Nothing is removed in ${JSON.stringify(directory)}: it is, or has in it, ${JSON.stringify(precious)}`,
      { path: directory },
    );
  }
}

function preciousDirectories(target: string): string[] {
  // Each may be unknown: no home, no entry for the user, a current directory that was removed. The user's entry also
  // says where home is when the environment says something else.
  const known = [() => homedir(), () => userInfo().homedir, () => process.cwd()].flatMap((find) => {
    try {
      return [find()];
    } catch {
      return [];
    }
  });
  return [parse(target).root, ...known.filter((path) => path !== "").map(realPath)];
}

function isIn(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

/** One directory may have several paths: other mounts of it, or another case of its name. */
function hasAncestor(path: string, identity: string | undefined): boolean {
  if (identity === undefined) return false;
  for (let at = path; ; at = dirname(at)) {
    if (identityOf(at) === identity) return true;
    if (at === dirname(at)) return false;
  }
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
