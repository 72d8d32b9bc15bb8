// Which module is in which file of the bundle. What is needed together is together, for each file costs a start some tenths
// of a millisecond; what is not needed by a command is in no file that it loads.

import { neededModules } from "./imports-by-name.mjs";

/** @typedef {import("./imports-by-name.mjs").ModuleInfo} ModuleInfo */

/**
 * The file of each module that one of the given entries imports, itself or through others, without `import()`. An earlier
 * file keeps what a later one needs, too: that one then loads the earlier. All else is left to the bundler, which makes a
 * file for each `import()`.
 *
 * @param {readonly (readonly [file: string, entries: readonly string[]])[]} files
 * @returns {(moduleId: string, context: { getModuleInfo: ModuleInfo }) => string | null}
 */
export function chunksOf(files) {
  /** @type {Map<string, string> | undefined} */
  let known;
  return (moduleId, context) => {
    known ??= closures(files, (id) => context.getModuleInfo(id));
    return known.get(moduleId) ?? null;
  };
}

/** @param {Parameters<typeof chunksOf>[0]} files @param {ModuleInfo} getModuleInfo */
function closures(files, getModuleInfo) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const [file, entries] of files) {
    const waiting = [...entries];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (found.has(id)) continue;
      const info = getModuleInfo(id);
      if (info === null) {
        if (entries.includes(id)) throw new Error(`${id}, of which ${file} is made, is not in the bundle`);
        continue;
      }
      found.set(id, file);
      waiting.push(...neededModules(id, getModuleInfo));
    }
  }
  return found;
}
