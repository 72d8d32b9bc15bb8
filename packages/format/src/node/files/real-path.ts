import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";

/** Where a path leads without symbolic links, as far as it exists: the rest is as it is spelled. */
export function realPath(path: string): string {
  const missing: string[] = [];
  for (let existing = resolve(path); ; existing = dirname(existing)) {
    try {
      return join(realpathSync.native(existing), missing.toReversed().join(sep));
    } catch {
      if (existing === dirname(existing)) return resolve(path);
      missing.push(basename(existing));
    }
  }
}
