import path from "node:path";
import process from "node:process";
import type { Io } from "../io.js";

export interface CacheHome {
  readonly directory: string;
  /** What has to be there already: no home is made for who has none. */
  readonly within: string;
}

/** Where platforms have caches that are not where the others have them. */
const below: Partial<Readonly<Record<NodeJS.Platform, string>>> = {
  win32: "AppData/Local",
  darwin: "Library/Caches",
};

/** The user's directory of caches, where the platform has it. Undefined when nobody knows the home directory. */
export function cacheHome(
  { env, homeDirectory }: Pick<Io, "env" | "homeDirectory">,
  platform: NodeJS.Platform = process.platform,
): CacheHome | undefined {
  // Shells set variables to nothing rather than unset them.
  const named = env["XDG_CACHE_HOME"];
  if (named) return { directory: named, within: path.dirname(named) };
  const local = env["LOCALAPPDATA"];
  if (platform === "win32" && local) return { directory: local, within: local };
  if (!homeDirectory) return undefined;
  return { directory: path.join(homeDirectory, below[platform] ?? ".cache"), within: homeDirectory };
}
