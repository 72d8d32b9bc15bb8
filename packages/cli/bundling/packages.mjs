import { readFileSync } from "node:fs";
import path from "node:path";

/** The name of the package that a module of `node_modules` is of, and its folder; undefined for ours. @param {string} module */
export function packageOf(module) {
  const [folder, name] = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/u.exec(module) ?? [];
  return folder === undefined || name === undefined
    ? undefined
    : { name: name.replaceAll("\\", "/"), folder };
}

/**
 * What a package says of itself.
 *
 * @param {string} folder
 * @returns {{ readonly name: string, readonly version: string, readonly license: string }}
 */
export function manifestOf(folder) {
  return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
}
