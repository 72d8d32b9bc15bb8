import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { cacheHome } from "./settings/cache-home.js";

/**
 * Where compiled code is kept between runs: below the user's cache directory, made when it is missing. Undefined when
 * there is none that only we can reach, when Node was told by its own variables, or when nobody knows the home directory.
 *
 * What is kept there is run without a look at the modules that it was made of, so this asks for more than other caches do:
 * nobody else can change where the path leads, and none can come in, since Node makes what is below as the umask says.
 * A few system calls, and nothing asynchronous: each start waits for them.
 */
export function compileCacheDirectory(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  // Node has done as it was told before any code ran.
  if (env["NODE_COMPILE_CACHE"] || env["NODE_DISABLE_COMPILE_CACHE"]) return undefined;
  const parent = cacheHome({ env, homeDirectory: env["HOME"] }, platform);
  // A relative path would lead to wherever the command is run, such as a directory of somebody else's files.
  if (parent === undefined || !path.isAbsolute(parent.directory)) return undefined;
  const directory = path.join(parent.directory, "blob", "compiled-code");
  try {
    let above = firstExisting(path.dirname(directory), parent.within);
    if (above === undefined || !isOutOfReach(above, platform)) return undefined;
    if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) {
      // Somebody else may have been faster, in a directory for all.
      above = realpathSync.native(path.dirname(directory));
      if (!isOutOfReach(above, platform)) return undefined;
    }
    // Without the links on the way, which may lie where others can change them.
    const real = path.join(above, path.basename(directory));
    return isOursAlone(real, platform) ? real : undefined;
  } catch {
    // A home that cannot be written to: each run compiles anew.
    return undefined;
  }
}

/** The real path of the lowest directory that there is, no higher than `within`. */
function firstExisting(directory: string, within: string): string | undefined {
  const stop = path.dirname(path.resolve(within));
  for (let at = path.resolve(directory); at !== stop; at = path.dirname(at)) {
    if (lstatSync(at, { throwIfNoEntry: false }) !== undefined) return realpathSync.native(at);
    if (at === path.dirname(at)) return undefined;
  }
  return undefined;
}

/** Whether nobody but us and root can put another directory in the place of this one, or of any above it. */
function isOutOfReach(directory: string, platform: NodeJS.Platform): boolean {
  if (platform === "win32") return true;
  for (let at = directory; ; at = path.dirname(at)) {
    const { uid, mode } = lstatSync(at);
    const isSticky = (mode & 0o1000) !== 0;
    if ((uid !== 0 && uid !== process.geteuid?.()) || ((mode & 0o022) !== 0 && !isSticky)) return false;
    if (at === path.dirname(at)) return true;
  }
}

function isOursAlone(directory: string, platform: NodeJS.Platform): boolean {
  const stats = lstatSync(directory);
  if (platform === "win32") return stats.isDirectory();
  return stats.isDirectory() && stats.uid === process.geteuid?.() && (stats.mode & 0o077) === 0;
}
