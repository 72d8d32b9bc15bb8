import { realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";

/** Where a path leads without symbolic links, as far as it exists: the rest is as it is spelled. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    const parent = dirname(resolve(path));
    return parent === resolve(path) ? parent : resolve(realPath(parent), basename(path));
  }
}
